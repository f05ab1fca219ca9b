"""The SQL of figures. Questions are many, so each of these is answered from an index."""

from __future__ import annotations

from teammcp import Reader, Row

COLUMNS = "id, project, lane, asker, state, holder, answered_by, trouble, reply_by, asked_at, begun_at, ended_at"


def asked_since(reader: Reader, since: int, limit: int) -> list[Row]:
    """The newest questions that were asked at a moment or later: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE asked_at >= ? ORDER BY asked_at DESC, id DESC LIMIT ?",  # noqa: S608
        (since, limit),
    )


def unended(reader: Reader, limit: int) -> list[Row]:
    """The questions that are open, oldest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE ended_at IS NULL ORDER BY id LIMIT ?",  # noqa: S608
        (limit,),
    )
