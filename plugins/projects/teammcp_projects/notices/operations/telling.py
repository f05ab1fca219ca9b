"""Telling those who are to act on a notice: each once, by a direct message."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import (
    Agent,
    Conflict,
    Context,
    Reader,
    Result,
    Row,
    Text,
    Timestamp,
    Transaction,
    Work,
    operation,
    rfc3339,
)

from ...events import NoticeTold
from ...parts import given_again
from .. import queries, telling_queries, voices
from ..models import NoticeId

CHANGES = {
    "breaking": "a breaking change",
    "deprecated": "a deprecation",
    "added": "something new",
    "fixed": "a fix",
    "request": "a request",
}


class Noted(Result):
    """What was written down of a notice; ``agents``: whom it was about."""

    notice: NoticeId
    agents: list[str]


@operation(internal=True, profile="projects")
async def tell_notice(context: Context, notice_id: NoticeId, project: str, agent: str) -> Work[Noted]:
    """Tell a member of a notice on which its project has to act, by a direct message of the announcer."""
    notice, sender = await context.read(_to_tell, context, notice_id, project, agent)
    prepared = await Context.inside(context.team, sender).prepare(
        "send_message",
        channel=f"dm:{agent}",
        content=_words(notice, project),
        metadata={"notice_id": notice_id},
        parts=given_again(notice["parts"]),
    )
    if prepared.waits:
        raise Conflict("A plugin makes the message wait, so nobody was told.", code="waits")

    def work(tx: Transaction) -> Noted:
        _to_tell(tx, context, notice_id, project, agent)
        sent = prepared(tx).id
        telling_queries.insert(tx, notice_id, project, agent, sent)
        queries.hold_back(tx, notice_id, project, "", 0)
        told = NoticeTold(notice=notice_id, project=notice["project"], consumer=project, reader=agent, message_id=sent)
        context.emit(tx, told, notice_id)
        return Noted(notice=notice_id, agents=[agent])

    return work


@operation(internal=True, profile="projects")
async def hold_back_notice(
    context: Context,
    notice_id: NoticeId,
    project: str,
    why: Annotated[Text, Field(max_length=1000)],
    retry_at: Timestamp,
) -> Work[Noted]:
    """Note why somebody could not be told, and try again later."""

    def work(tx: Transaction) -> Noted:
        queries.hold_back(tx, notice_id, project, why, retry_at)
        return Noted(notice=notice_id, agents=[])

    return work


@operation(internal=True, profile="projects")
async def note_who_acts(context: Context, notice_id: NoticeId, project: str, agent: str, acts: bool) -> Work[Noted]:
    """Note whether it is for a member that was told to act: not once it does not answer for the project any more."""

    def work(tx: Transaction) -> Noted:
        line = queries.line(tx, notice_id, project)
        waits = acts and line is not None and line["whose"] == "consumer"
        telling_queries.set_waits(tx, notice_id, project, agent, waits=waits)
        return Noted(notice=notice_id, agents=[agent])

    return work


def _to_tell(reader: Reader, context: Context, number: int, project: str, agent: str) -> tuple[Row, Agent]:
    """A notice of which somebody is to be told, and as whom.

    Raises:
        Conflict: that is over.
    """
    notice, line = queries.notice(reader, number), queries.line(reader, number, project)
    told = telling_queries.telling(reader, number, project, agent) is not None
    if notice is None or line is None or line["whose"] != "consumer" or told:
        raise Conflict(f"notice_id: {agent} need not be told of notice {number}.", code="told")
    senders = [name for name in voices.announcers(reader, context, notice) if name != agent]
    return notice, context.team.directory.agents[senders[0]] if senders else context.actor


def _words(notice: Row, project: str) -> str:
    number = notice["id"]
    of = f" of {notice['publication']}" if notice["publication"] else ""
    version = f", version {notice['version']}" if notice["version"] else ""
    parts = [
        f"Notice {number} from {notice['project']} for {project}: {CHANGES[notice['change']]}{of}{version}.",
        notice["content"],
        f"Next step: {notice['next_step']}" if notice["next_step"] else "",
        f"Act by {rfc3339(notice['act_by'])[:16]}Z." if notice["act_by"] else "",
        f"(Say how {project} stands with answer_notice {number}: acknowledged, done, not_affected or objects. A "
        "reply to this message stands beside the notice, and settles nothing.)",
    ]
    return "\n\n".join(part for part in parts if part)
