"""Notices as they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from teammcp import Context, NotFound, PartShown, Reader, Row, StoredPart, told_parts

from ..parts import given_again, stored, told_again
from . import queries, telling_queries
from .models import MOST_WAITED_FOR, Notice, NoticeDetail, NoticeLine, NoticeReader, NoticeReply

LAST_REPLIES = 3
"""Replies that are shown beside a line."""
NOBODY = "Nobody answers for the project, and it has no owner. Once somebody does, that member is told."


def existing(reader: Reader, number: int) -> Row:
    """A notice.

    Raises:
        NotFound: there is none.
    """
    row = queries.notice(reader, number)
    if row is None:
        raise _unknown(number)
    return row


def some(reader: Reader, context: Context, numbers: Sequence[int]) -> list[Notice]:
    """Notices by their ids, the newest first.

    Raises:
        NotFound: one is not there.
    """
    rows = queries.notices(reader, [*numbers]) if numbers else []
    if missing := {*numbers}.difference(row["id"] for row in rows):
        raise _unknown(min(missing))
    states: dict[int, list[Row]] = {row["id"]: [] for row in rows}
    for state in queries.states(reader, [*states]) if states else []:
        states[state["notice"]].append(state)
    parts = _parts(reader, rows)
    return [_shape(reader, row, states[row["id"]], parts.get(row["id"], []), context.now()) for row in rows]


def _parts(reader: Reader, rows: Sequence[Row]) -> dict[int, list[PartShown]]:
    """What is told of the parts of notices: with what checks have found, once somebody was told."""
    kept = {row["id"]: told_again(row["parts_told"]) for row in rows if row["parts"]}
    sent = {row["notice"]: row["message_id"] for row in telling_queries.first_messages(reader, [*kept])} if kept else {}
    checked = told_parts(reader, [*sent.values()])
    return {number: checked.get(sent.get(number, 0)) or parts for number, parts in kept.items()}


def stored_parts(row: Row) -> list[StoredPart]:
    """The parts of a notice, whole."""
    return stored(given_again(row["parts"]))


def one(reader: Reader, context: Context, number: int) -> Notice:
    """One notice."""
    [found] = some(reader, context, [number])
    return found


def detail(reader: Reader, context: Context, number: int, after: str, limit: int) -> tuple[Notice, list[NoticeLine]]:
    """One notice, and its lines behind a project."""
    return one(reader, context, number), [_line(reader, row) for row in queries.lines(reader, number, after, limit)]


def whole(reader: Reader, context: Context, number: int, consumer: str) -> NoticeDetail:
    """A notice with the line of one project alone."""
    row = queries.line(reader, number, consumer)
    lines = [] if row is None else [_line(reader, row)]
    return NoticeDetail(**one(reader, context, number).model_dump(), lines=lines, next=None)


def _unknown(number: int) -> NotFound:
    return NotFound(f"notice_id: there is no notice {number}; list_notices lists them.", code="no_notice")


def _shape(reader: Reader, row: Row, states: list[Row], parts: list[PartShown], now: int) -> Notice:
    named = Notice.model_fields.keys() & {*row.keys()}
    facts = {name: row[name] for name in named - {"parts"}}
    waits_for = queries.waiting(reader, row["id"], MOST_WAITED_FOR)
    said = [state["said_at"] for state in states if state["said_at"] is not None]
    return Notice(
        **facts,
        parts=parts,
        counts={state["state"]: state["count"] for state in states},
        waits_for=waits_for,
        overdue=bool(waits_for) and row["act_by"] is not None and row["act_by"] <= now,
        since=max([row["announced_at"], *said]),
    )


def _line(reader: Reader, row: Row) -> NoticeLine:
    told = telling_queries.of_line(reader, row["notice"], row["consumer"])
    replies = telling_queries.last_replies(reader, row["notice"], row["consumer"], LAST_REPLIES)
    parts = told_parts(reader, [each["message_id"] for each in replies])
    must_act = row["whose"] == "consumer"
    return NoticeLine(
        project=row["consumer"],
        **{name: row[name] for name in ("state", "content", "said_by", "said_at")},
        must_act=must_act,
        told=[NoticeReader(name=each["reader"], message_id=each["message_id"]) for each in told],
        trouble=row["trouble"] or ("" if told or not must_act else NOBODY),
        replies=[NoticeReply(**each, parts=parts.get(each["message_id"], [])) for each in reversed(replies)],
    )
