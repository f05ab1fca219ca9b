"""The SQL that only the pages of tasks need."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row
from .queries import marks


def tasks_of_messages(reader: Reader, message_ids: Sequence[int]) -> list[Row]:
    """The tasks that some messages became: id, status, scope, source_msg."""
    return reader.all(
        "SELECT id, status, scope, source_msg FROM tasks"  # noqa: S608
        f" WHERE source_msg IN ({marks(message_ids)}) AND source_msg IS NOT NULL AND deleted = 0 ORDER BY id",
        tuple(message_ids),
    )


def goal_titles(reader: Reader) -> list[Row]:
    """All goals by name: id, title, status."""
    return reader.all("SELECT id, title, status FROM goals ORDER BY title, id")
