"""Keep in memory how often a task went back from blocked to doing."""

from collections import Counter
from typing import Any

from teammcp import hookimpl

resumed: Counter[int] = Counter()


@hookimpl
def task_changed(task: Any, changes: Any) -> None:
    if any((change.field, change.old, change.new) == ("status", "blocked", "doing") for change in changes):
        resumed[task.id] += 1
