"""Count what each member has done."""

from collections import Counter
from typing import Any

from teammcp import hookimpl

done: Counter[str] = Counter()


@hookimpl
def task_done(task: Any) -> None:
    done[task.assignee or task.creator] += 1
