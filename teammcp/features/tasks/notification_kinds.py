"""What becomes of tasks, as kinds of what members are notified of."""

from __future__ import annotations

from ...operations import Context
from ...storage import Reader
from ...text.marking import mark, mark_many
from ..notifications import Occasion, ServerNoteKind, Urgency
from .field_types import OPEN
from .tasks import queries


class TaskNews(ServerNoteKind):
    """Whatever else the server tells of a task: that it is one's own now, was begun, or was commented on."""

    name = "task"
    title = mark("news of tasks")
    urgency: Urgency = "batch"
    about = "task_id"
    page = "/tasks/{}"
    many = mark_many("%(num)s piece of news of tasks", "%(num)s pieces of news of tasks")


class EndedTasks(TaskNews):
    """Tasks that are done, have failed or were cancelled."""

    name = "task_done"
    title = mark("tasks that are done, have failed or were cancelled")
    occasion = "ended"
    many = mark_many("%(num)s task has ended", "%(num)s tasks have ended")


class _OpenTasks(TaskNews):
    """Tasks that stand in a way that needs somebody; the newest word on one counts."""

    urgency = "now"
    replaces = True
    statuses: tuple[str, ...] = OPEN

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        task = queries.task(reader, self.number(occasion))
        return task is None or task["status"] not in self.statuses


class DueTasks(_OpenTasks):
    """Tasks that are due soon or overdue."""

    name = "overdue"
    title = mark("tasks that are due soon or overdue")
    occasion = "due"
    many = mark_many("%(num)s task is due or overdue", "%(num)s tasks are due or overdue")


class StuckTasks(_OpenTasks):
    """Tasks on which nobody shows a sign of work."""

    name = "stuck"
    title = mark("tasks that stand still")
    occasion = "stuck"
    statuses = ("doing",)
    many = mark_many("%(num)s task stands still", "%(num)s tasks stand still")


class BlockedTasks(_OpenTasks):
    """Tasks that are blocked."""

    name = "blocked"
    title = mark("tasks that are blocked")
    occasion = "blocked"
    statuses = ("blocked",)
    many = mark_many("%(num)s task is blocked", "%(num)s tasks are blocked")


KINDS = (EndedTasks(), DueTasks(), StuckTasks(), BlockedTasks(), TaskNews())
"""In the order in which they are asked: what is of no other kind is news."""
