"""Keep in memory how often a task went back from blocked to doing."""

from collections import Counter
from collections.abc import Sequence

from teammcp import FieldChange, Task, hookimpl

resumed: Counter[int] = Counter()


@hookimpl
def task_changed(task: Task, changes: Sequence[FieldChange]) -> None:
    if any((change.field, change.old, change.new) == ("status", "blocked", "doing") for change in changes):
        resumed[task.id] += 1
