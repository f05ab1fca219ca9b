"""Count what each member has done."""

from collections import Counter

from teammcp import Task, hookimpl

done: Counter[str] = Counter()


@hookimpl
def task_done(task: Task) -> None:
    done[task.assignee or task.creator] += 1
