"""The SQL of lists of questions."""

from __future__ import annotations

from teammcp import Reader, Row

from .queries import COLUMNS

TO_ANSWER = (
    "SELECT id FROM projects_questions WHERE holder = ? AND state = 'asked'"
    " UNION ALL SELECT id FROM projects_questions WHERE asker = ? AND ended_at IS NULL AND state = 'countered'"
)
"""The questions that wait for a member's word: those it has to answer, and those of its own that were asked back."""


def listed(
    reader: Reader,
    project: str | None,
    lane: str | None,
    asker: str | None,
    waits_for: str | None,
    only_open: bool,
    late_at: int | None,
    before: int,
    limit: int,
) -> list[Row]:
    """Questions, newest first, with smaller ids than one: `COLUMNS`.

    Those to a project, of a lane, of an asker, that wait for a member's word, that are open, whose time was over at a
    moment; all of what is given.
    """
    wanted, values = ["id < ?"], [before]
    given: tuple[tuple[str, str | None], ...] = (("project", project), ("lane", lane), ("asker", asker))
    for column, value in given:
        if value is not None:
            wanted.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    if waits_for is not None:
        wanted.append(f"id IN ({TO_ANSWER})")
        values += [waits_for, waits_for]  # type: ignore[list-item]
    if only_open or late_at is not None:
        wanted.append("ended_at IS NULL")
    if late_at is not None:
        wanted.append("reply_by <= ?")
        values.append(late_at)
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE {' AND '.join(wanted)} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )


def count_waiting(reader: Reader, member: str) -> int:
    """How many questions wait for a member's word."""
    found: int = reader.value(f"SELECT count(*) FROM ({TO_ANSWER}) AS waiting", (member, member))  # noqa: S608
    return found
