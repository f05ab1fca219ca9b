"""What events of tasks say."""

from __future__ import annotations

from ....events import EventData
from ....events.kinds import Partial
from .models import FieldChange, Task


class TaskPart(Partial, Task):
    """A task. What is long is left out; get_task has it. For those who do not see it any more it has its id alone."""


class ChangePart(Partial, FieldChange):
    """A changed field. What is long is left out; get_task_history has it."""


class TaskEvent(EventData):
    """A task, and which of its fields were changed."""

    task: TaskPart
    changes: list[ChangePart]
    message_id: int = 0
    """The message under which the task is shown."""


class TaskCreated(TaskEvent, kind="task.created"):
    """A task was created."""


class TaskUpdated(TaskEvent, kind="task.updated"):
    """A task was changed, or commented on."""


class TaskClaimed(TaskEvent, kind="task.claimed"):
    """Somebody took a task under a lease."""


class TaskReleased(TaskEvent, kind="task.released"):
    """A task was given back."""


class TaskRequeued(TaskEvent, kind="task.requeued"):
    """A lease ran out, or an attempt failed: the task can be claimed again."""


class TaskProgressed(TaskEvent, kind="task.progress"):
    """A task got on."""


class TaskDone(TaskEvent, kind="task.done"):
    """A task was done."""


class TaskFailed(TaskEvent, kind="task.failed"):
    """A task failed for good."""


class TaskDeleted(TaskEvent, kind="task.deleted"):
    """A task was deleted."""
