"""The SQL that only the pages need."""

from __future__ import annotations

from collections.abc import Sequence

from ....storage import Reader, Row, marks
from ....text.folding import fold_text


def tasks_of_messages(reader: Reader, message_ids: Sequence[int]) -> list[Row]:
    """The tasks that some messages became: id, status, scope, source_msg."""
    return reader.all(
        "SELECT id, status, scope, source_msg FROM tasks"  # noqa: S608
        f" WHERE source_msg IN ({marks(message_ids)}) AND source_msg IS NOT NULL AND deleted = 0 ORDER BY id",
        tuple(message_ids),
    )


def last_lines(reader: Reader, task_id: int, lines: int) -> int:
    """The entry of a task's history behind which so many lines stand; 0 if there are no more of them."""
    entry_id = reader.value(
        "SELECT id FROM task_history WHERE task_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?", (task_id, lines)
    )
    return entry_id or 0


def goal_titles(reader: Reader) -> list[Row]:
    """All goals by name: id, title, status."""
    rows = reader.all("SELECT id, title, status FROM goals ORDER BY id")
    return sorted(rows, key=lambda row: fold_text(row["title"]))
