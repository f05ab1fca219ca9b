"""What a watcher is told."""

from __future__ import annotations

from ...clock import rfc3339
from ...storage import Row
from ..messages import quoted_line
from ..tasks import Task

HAPPENED = {
    "idle": "is idle now: it has nothing to do",
    "done": "has ended its turn",
    "reachable": "can be reached now",
}


def told(row: Row, task: Task | None) -> str:
    """That it has happened, and how often it has before that was not told."""
    whom, what = quoted_line(row["whom"]), row["what"]
    happened = f"has done task {task.id}, {quoted_line(task.title)}" if task else HAPPENED[what]
    before = f" Since {_clock(row['told_at'])} that was so {_times(row['held'])} more." if row["held"] else ""
    return f"{whom} {happened}.{before} {_ending(row)}"


def rest(row: Row) -> str:
    """How often it has happened since the watcher was told last."""
    whom, how = quoted_line(row["whom"]), _times(row["held"])
    return f'{whom}: "{row["what"]}" was so {how} more since {_clock(row["told_at"])}. {_ending(row)}'


def retired(whom: str) -> str:
    """Nothing more will be heard of it."""
    return f"{quoted_line(whom)} was retired, so you are told of it no more (notify_when)."


def _ending(row: Row) -> str:
    if not row["always"]:
        return "You asked to be told once (notify_when)."
    return "You are told each time (notify_when); with off it ends."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _clock(at: int) -> str:
    return f"{rfc3339(at)[11:16]}Z"
