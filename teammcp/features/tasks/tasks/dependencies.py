"""What waits for what: edges between tasks, without circles, and at each task the number of those that are not done."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import InvalidInput
from ....operations import Context
from ....storage import Reader, Row, Transaction
from ..visibility import may_see
from . import queries


def refuse_unknown(context: Context, reader: Reader, wanted: Sequence[int]) -> None:
    """Check that the tasks to be waited for are there for the actor.

    Raises:
        InvalidInput: names those that are not.
    """
    known = {row["id"] for row in queries.tasks(reader, wanted) if may_see(context, row)}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise InvalidInput.at("depends_on", f"there is no task {', '.join(map(str, unknown))} that you may see")


def replace(context: Context, tx: Transaction, task_id: int, wanted: Sequence[int]) -> tuple[list[int], list[int]]:
    """Make a task wait for exactly these; the ids of what it waited for before, and of what it waits for now.

    Raises:
        InvalidInput: one of them is unknown, or waits for this task itself.
    """
    old = [edge["depends_on"] for edge in queries.dependencies(tx, [task_id])]
    new = sorted(set(wanted))
    added = [number for number in new if number not in old]
    removed = [number for number in old if number not in new]
    refuse_unknown(context, tx, added)
    _refuse_circle(tx, task_id, added)
    if removed:
        queries.undepend(tx, task_id, removed)
    if added:
        queries.depend(tx, task_id, added)
    return old, new


def count_unmet(reader: Reader, task_id: int) -> int:
    """How many of the tasks that one waits for are not done."""
    return sum(edge["status"] != "done" for edge in queries.dependencies(reader, [task_id]))


def settle(tx: Transaction, task_id: int, *, done: bool) -> list[Row]:
    """Note at the tasks that wait for one that it is done, or open again; those that this made free, or no longer free.

    The rows have id, scope, status and unmet.
    """
    queries.count_unmet(tx, task_id, -1 if done else 1)
    return [row for row in queries.dependents(tx, task_id) if row["unmet"] == (0 if done else 1)]


def _refuse_circle(reader: Reader, task_id: int, added: Sequence[int]) -> None:
    came_from: dict[int, int] = dict.fromkeys(added, task_id)
    to_follow = list(added)
    while to_follow and task_id not in came_from:
        waiting = to_follow.pop()
        for edge in queries.dependencies(reader, [waiting]):
            if edge["depends_on"] not in came_from:
                came_from[edge["depends_on"]] = waiting
                to_follow.append(edge["depends_on"])
    if task_id in came_from:
        circle = " → ".join(map(str, _way(came_from, task_id)))
        message = f"these tasks would wait for each other for ever: {circle}"
        raise InvalidInput.at("depends_on", message, code="cycle", cycle=circle)


def _way(came_from: dict[int, int], task_id: int) -> list[int]:
    """The circle that begins and ends with a task."""
    way = [task_id, came_from[task_id]]
    while way[-1] != task_id:
        way.append(came_from[way[-1]])
    return way[::-1]
