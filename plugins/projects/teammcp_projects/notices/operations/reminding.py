"""Telling of what has come of a notice: that all have acted, or that some have not in time."""

from __future__ import annotations

from dataclasses import dataclass

from teammcp import (
    Conflict,
    Context,
    Note,
    Reader,
    Row,
    Transaction,
    Work,
    operation,
    quoted_line,
    rfc3339,
    send_notes,
    server_note,
)

from ...events import NoticeOverdue
from .. import queries, shapes, telling_queries, voices
from ..models import NoticeId
from .telling import Noted


@operation(internal=True, profile="projects")
async def tell_notice_done(context: Context, notice_id: NoticeId) -> Work[Noted]:
    """Tell the announcer that all have acted."""
    notice = await context.read(shapes.existing, notice_id)
    names = await context.read(voices.announcers, context, notice)
    text = f"All have acted whom {_which(notice)} concerns. get_notice {notice_id} says how."
    notes = await _notes(context, names, notice_id, text)

    def work(tx: Transaction) -> Noted:
        if not shapes.existing(tx, notice_id)["untold"]:
            raise Conflict(f"notice_id: there is nothing to tell of notice {notice_id}.", code="told")
        queries.set_told(tx, notice_id)
        send_notes(tx, notes)
        return Noted(notice=notice_id, agents=names)

    return work


@operation(internal=True, profile="projects")
async def remind_of_notice(context: Context, notice_id: NoticeId) -> Work[Noted]:
    """Tell those who have not acted in time, and the announcer, that a notice is overdue."""
    late = await context.read(_late, context, notice_id)
    consumers, which = [*late.readers], _which(late.notice)
    text = f"The time of {which} is over, and {', '.join(consumers)} did not say so far that all is done."
    notes = await _notes(context, late.announcers, notice_id, f"{text} get_notice {notice_id} says more.")
    for consumer, names in late.readers.items():
        until = rfc3339(late.notice["act_by"])[:16]
        text = f"{consumer} was to act on {which} until {until}Z. Say how it stands with answer_notice {notice_id}."
        notes += await _notes(context, names, notice_id, text)

    def work(tx: Transaction) -> Noted:
        if not consumers or [*_late(tx, context, notice_id).readers] != consumers:
            raise Conflict(f"notice_id: others are late with notice {notice_id} now.", code="changed")
        for consumer in consumers:
            queries.set_reminded(tx, notice_id, consumer)
        send_notes(tx, notes)
        overdue = NoticeOverdue(notice=notice_id, project=late.notice["project"], consumers=consumers)
        context.emit(tx, overdue, notice_id)
        return Noted(notice=notice_id, agents=late.announcers)

    return work


@dataclass(frozen=True)
class _Late:
    """A notice that is overdue.

    Attributes:
        notice: its row.
        readers: each project that is late, and who hears so for it.
        announcers: who hears so for the announcing project.
    """

    notice: Row
    readers: dict[str, list[str]]
    announcers: list[str]


def _late(reader: Reader, context: Context, number: int) -> _Late:
    notice = shapes.existing(reader, number)
    late = [row["consumer"] for row in queries.overdue(reader, context.now()) if row["notice"] == number]
    return _Late(
        notice,
        {
            each: [row["reader"] for row in telling_queries.of_line(reader, number, each) if row["waits"]]
            for each in late
        },
        voices.announcers(reader, context, notice),
    )


async def _notes(context: Context, names: list[str], number: int, text: str) -> list[Note]:
    about, metadata = f"notice {number}", {"notice_id": number}
    return [note for name in names for note in await server_note(context, name, text, about=about, metadata=metadata)]


def _which(notice: Row) -> str:
    about = f" about {quoted_line(notice['publication'])}" if notice["publication"] else ""
    return f"notice {notice['id']} of {notice['project']}{about}"
