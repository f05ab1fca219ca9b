"""Saying how a project stands with a notice."""

from __future__ import annotations

from teammcp import Conflict, Context, InvalidInput, NotFound, Prepared, Reader, Row, Transaction, Work, operation

from ...registry import ProjectRef
from .. import progress, queries, shapes, telling_queries, voices
from ..models import NEEDS_WHY, Answer, NoticeDetail, NoticeId, Why

SAYS = "answers_notice"
"""What a message that tells the announcer of an answer has in its metadata: the notice's id."""


@operation("POST /api/notices/{notice_id}/answer", profile="projects", everyday=True, idempotent=True)
async def answer_notice(
    context: Context, notice_id: NoticeId, state: Answer, words: Why = "", project: ProjectRef | None = None
) -> Work[NoticeDetail]:
    """Say how your project stands with a notice: acknowledged (you will act), done, not_affected or objects.

    words say more; why, for the last two. The announcer sees it, and hears of an objection at once.
    """
    if state in NEEDS_WHY and not words.strip():
        raise InvalidInput.at("words", "say why")
    line = await context.read(_line, context, notice_id, project)
    told = await _objection(context, line, words) if state == "objects" else []

    def work(tx: Transaction) -> NoticeDetail:
        before = _line(tx, context, notice_id, project)
        if (before["state"], before["content"]) != (state, words):
            progress.say(context, tx, shapes.existing(tx, notice_id), before["consumer"], state, words)
            for prepared in told:
                prepared(tx)
        return shapes.whole(tx, context, notice_id, before["consumer"])

    return work


def _line(reader: Reader, context: Context, number: int, project: str | None) -> Row:
    """How the actor's project stands with a notice of which something can be said still.

    Raises:
        TeamError: there is none, it does not concern the project, or it is over.
    """
    notice = shapes.existing(reader, number)
    mine = voices.own_project(reader, context, project)
    line = queries.line(reader, number, mine["name"])
    if line is None:
        raise NotFound(
            f"project: notice {number} does not concern {mine['name']}. get_notice says whom it does; with project you "
            "name another for which you speak.",
            code="not_concerned",
        )
    if notice["state"] in ("closed", "withdrawn"):
        raise Conflict(
            f"notice_id: notice {number} was {notice['state']} by {notice['ended_by']}. Write to "
            f"{notice['announced_by']} if there is more to say.",
            code=notice["state"],
        )
    return line


async def _objection(context: Context, line: Row, words: str) -> list[Prepared[object]]:
    """The direct messages that tell the announcer at once, and why; none if that is the actor itself.

    Raises:
        Conflict: a plugin makes them wait. TeamError: one may not be sent.
    """
    notice, names, mine = await context.read(_hears, context, line)
    about = f" of {notice['publication']}" if notice["publication"] else ""
    prepared = []
    for name in names:
        more = {"replyTo": mine["message_id"]} if mine is not None and name == notice["announced_by"] else {}
        message = await context.prepare(
            "send_message",
            channel=f"dm:{name}",
            content=f"{line['consumer']} objects to notice {notice['id']} ({notice['change']}{about}):\n\n{words}",
            metadata={SAYS: notice["id"]},
            **more,
        )
        if message.waits:
            raise Conflict("words: a plugin makes the message wait, so nothing was said. Ask a manager.", code="waits")
        prepared.append(message)
    return prepared


def _hears(reader: Reader, context: Context, line: Row) -> tuple[Row, list[str], Row | None]:
    """The notice of a line, who hears of an objection to it, and how the actor was told of it, if it was."""
    notice, me = shapes.existing(reader, line["notice"]), context.actor.name
    names = [name for name in voices.announcers(reader, context, notice) if name != me]
    return notice, names, telling_queries.telling(reader, line["notice"], line["consumer"], me)
