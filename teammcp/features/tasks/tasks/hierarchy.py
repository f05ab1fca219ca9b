"""Tasks and their subtasks: where a task may stand, and how progress goes up."""

from __future__ import annotations

from ....errors import InvalidInput
from ....storage import Reader, Row, Transaction
from ..progress import percent_of
from . import queries

DEPTH = 8
"""How many tasks may stand above each other, the first counted in."""


def refuse_bad_parent(reader: Reader, task_id: int | None, parent_id: int) -> None:
    """Check that a task, or a new one (None), may stand below another.

    Raises:
        InvalidInput: it would stand below itself, or too deep.
    """
    chain = [parent_id]
    while task_id not in chain and (above := queries.parent(reader, chain[-1])) is not None:
        chain.append(above)
    if task_id in chain:
        circle = " → ".join(map(str, [task_id, *chain[: chain.index(task_id) + 1]]))
        raise InvalidInput.at("parent_id", f"a task cannot be part of itself: {circle}", code="cycle", cycle=circle)
    height = 1 if task_id is None else 1 + len(below(reader, task_id))
    if len(chain) + height > DEPTH:
        raise InvalidInput.at(
            "parent_id", f"subtasks may be nested {DEPTH} deep; choose a task further up", code="too_deep"
        )


def below(reader: Reader, task_id: int) -> list[list[Row]]:
    """All tasks below one, level by level."""
    levels: list[list[Row]] = []
    level = queries.children(reader, task_id)
    while level:
        levels.append(level)
        level = [child for row in level for child in queries.children(reader, row["id"])]
    return levels


def progress_of(reader: Reader, row: Row) -> int:
    """The progress of a task in percent: 100 once done, else that of its subtasks by weight, else what was reported."""
    if row["status"] == "done":
        return 100
    counted = queries.child_progress(reader, row["id"])
    if not counted["weights"]:
        return int(row["own_progress"])
    return percent_of(counted["progress"], counted["weights"])


def climb(tx: Transaction, task_id: int | None) -> list[int]:
    """Bring the progress of a task and of those above it up to date; the ids of those where it is another now."""
    changed: list[int] = []
    while task_id is not None and (row := queries.task(tx, task_id)) is not None:
        progress = progress_of(tx, row)
        if progress == row["progress"]:
            break
        queries.update(tx, task_id, {"progress": progress})
        changed.append(task_id)
        task_id = row["parent_id"]
    return changed
