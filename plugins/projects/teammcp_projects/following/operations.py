"""What messages mean to questions and notices: a reply may answer, and what is edited or deleted may have asked.

The log is followed, rather than each message when it is sent: what a server that was killed has not looked at it looks
at when it is back. A message may be looked at twice, so whoever looks notes nothing that is noted already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from teammcp import (
    Context,
    Event,
    Followed,
    Follower,
    StateKey,
    Team,
    TeamError,
    Work,
    messages_by_id,
    operation,
)

from ..notices.operations import replies
from ..questions.operations.answering import take_change, take_reply
from ..questions.operations.countering import take_said
from ..questions.operations.messages import take_out_unseen
from ..questions.operations.returning import take_back_deleted
from ..questions.operations.wording import take_words

SECONDS = 20
"""Between two looks at the log, beside those at once: what was missed, as by an error, is made up for."""

_SENT = (take_reply, take_said, replies.take_reply)
_EDITED = (take_change, take_words, replies.take_reply)
_DELETED = (take_back_deleted, take_change, take_words, replies.take_reply)
_LOOKS = {"message.sent": _SENT, "message.edited": _EDITED, "message.deleted": _DELETED}
_TURNS: StateKey[asyncio.Lock] = StateKey("projects.following", asyncio.Lock)

log = logging.getLogger(__name__)


@operation(internal=True, profile="projects")
async def follow_question_messages(context: Context) -> Work[Followed] | Followed:
    """Look at what messages that are new, changed or gone mean to questions and notices."""
    return await FOLLOWER.step(context)


async def _look(context: Context, events: Sequence[Event]) -> None:
    for event in events:
        if event.kind == "message.sent" and event.data["reply_to"] is None:
            continue
        try:
            await _look_at(context, event)
        except TeamError as error:  # a plugin refuses what would follow, say: all that comes later is looked at anyway
            log.warning("nothing follows for questions and notices from event %d: %s", event.id, error.code)


async def _look_at(context: Context, event: Event) -> None:
    number = int(event.subject)
    if event.kind == "question.ended":
        await take_out_unseen(context, number)
        return
    for message in await context.read(messages_by_id, [number]):
        for look in _LOOKS[event.kind]:
            await look(context, message)


FOLLOWER = Follower("follow_question_messages", _look, kinds={*_LOOKS, "question.ended"})


async def catch_up(team: Team) -> None:
    """Look at what is new in the log; one look at a time."""
    async with team.state[_TURNS]:
        await FOLLOWER.catch_up(team)


OPERATIONS = [follow_question_messages]
