"""Ending a notice before all have acted."""

from __future__ import annotations

from typing import Literal

from teammcp import (
    Conflict,
    Context,
    InvalidInput,
    Note,
    Reader,
    Row,
    Transaction,
    Work,
    operation,
    quoted_block,
    quoted_line,
    send_notes,
    server_note,
)

from .. import progress, shapes, telling_queries, voices
from ..models import Notice, NoticeId, Why


@operation("POST /api/notices/{notice_id}/end", profile="projects", idempotent=True)
async def end_notice(
    context: Context, notice_id: NoticeId, state: Literal["closed", "withdrawn"], words: Why = ""
) -> Work[Notice]:
    """End a notice of your project. withdrawn: it does not hold, all who were told hear why; closed: wait no more."""
    if state == "withdrawn" and not words.strip():
        raise InvalidInput.at("words", "say why, for those who were told")
    notice = await context.read(_notice, context, notice_id)
    told = await context.read(telling_queries.readers, notice_id) if state == "withdrawn" else []
    notes = {name: await _note(context, notice, name, words) for name in told if name != context.actor.name}

    def work(tx: Transaction) -> Notice:
        before = _notice(tx, context, notice_id)
        if before["state"] == state:
            return shapes.one(tx, context, notice_id)
        if before["state"] != "open" and (state, before["state"]) != ("withdrawn", "done"):
            raise Conflict(f"notice_id: notice {notice_id} is {before['state']} already.", code="ended")
        if state == "withdrawn" and telling_queries.readers(tx, notice_id) != told:
            raise Conflict("notice_id: somebody else was told of it just now. Withdraw it again.", code="told")
        progress.end(context, tx, before, state, words)
        for each in notes.values():
            send_notes(tx, each)
        return shapes.one(tx, context, notice_id)

    return work


def _notice(reader: Reader, context: Context, number: int) -> Row:
    """A notice that the actor may end.

    Raises:
        NotFound: there is none. Forbidden: the actor does not speak for its project.
    """
    notice = shapes.existing(reader, number)
    voices.own_project(reader, context, notice["project"])
    return notice


async def _note(context: Context, notice: Row, name: str, words: str) -> list[Note]:
    what = f" about {quoted_line(notice['publication'])}" if notice["publication"] else ""
    text = (
        f"{context.actor.name} has withdrawn notice {notice['id']} of {notice['project']}{what}: nobody has to act on "
        f"it any more. Why:\n{quoted_block(words)}"
    )
    about = f"notice {notice['id']}"
    return await server_note(context, name, text, about=about, metadata={"notice_id": notice["id"]})
