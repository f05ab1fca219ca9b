"""Waiting for the answers to questions, and for the replies to messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Context,
    Event,
    InvalidInput,
    NotFound,
    Reader,
    ends,
    operation,
    require_valid,
)

from .. import showing
from ..going_on import is_to_wait, standing
from ..models import MOST_ASKED, Answers, Question, QuestionId, Reply

LONGEST_WAIT = 55
MOST_MESSAGES = 50
TOLD_EVERY = 10
"""Seconds after which whoever wants to hear how it stands is told again: places change, and clients lose patience."""

MessageIds = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID)]], Field(max_length=MOST_MESSAGES)]


@operation("GET /api/questions/answers", profile="projects", everyday=True, read_only=True, holds=True, tells=True)
async def wait_for_answers(
    context: Context,
    question_ids: Annotated[list[QuestionId], Field(max_length=MOST_ASKED)] = [],  # noqa: B006 - never changed
    message_ids: MessageIds = [],  # noqa: B006
    timeout: Annotated[float, Field(ge=0, le=LONGEST_WAIT)] = LONGEST_WAIT,
) -> Answers:
    """Wait until all these questions are over or one asks something back, and all these messages have a reply.

    At most so many seconds: call it again for what is still open. message_ids: those of teams_send_message.
    """
    if not question_ids and not message_ids:
        raise InvalidInput.at("question_ids", "name the questions, or with message_ids the messages, to wait for")
    loses = ends(context)
    me, wanted = context.actor.name, {str(number) for number in question_ids}
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout

    def concerns(event: Event) -> bool:
        settled = event.kind in {"question.ended", "question.countered"} and event.subject in wanted
        replied = bool(message_ids) and event.kind == "message.sent" and me in event.data["addressed"]
        return settled or replied or loses(event)

    # Subscribed before looking, so that nothing slips between.
    with context.team.presence.connected(me), context.team.hub.subscribe(concerns) as events:
        found = await _look(context, question_ids, message_ids)
        while not found.is_settled and (left := deadline - loop.time()) > 0:
            await context.tell(found.words)
            await events.next(left if context.listener is None else min(left, TOLD_EVERY))
            if events.closed:  # the server stops: how it stands is what can be said
                break
            require_valid(context)
            found = await _look(context, question_ids, message_ids)
    return found.fitting(context)


@dataclass(frozen=True)
class _Found:
    """What came of all that is waited for.

    Attributes:
        questions: the questions, each as it stands.
        replies: the replies that there are, in the order of the messages.
        messages: how many messages are waited for.
    """

    questions: list[Question]
    replies: list[Reply]
    messages: int

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to wait for, or something to do."""
        asked_back = any(each.state == "countered" for each in self.questions)
        return asked_back or not (is_to_wait(self.questions) or len(self.replies) < self.messages)

    @property
    def words(self) -> str:
        """How all of it stands."""
        replies = [f"{len(self.replies)} of {self.messages} messages have a reply"] if self.messages else []
        return "; ".join([*([standing(self.questions)] if self.questions else []), *replies])

    def fitting(self, context: Context) -> Answers:
        """As much of it as there is room for."""
        shown = context.budget().fit([*self.questions, *self.replies])
        questions = shown[: len(self.questions)]
        replies = shown[len(self.questions) :]
        return Answers(
            questions=questions,
            replies=replies,
            rest=[each.id for each in self.questions[len(questions) :]],
            rest_messages=[each.message_id for each in self.replies[len(replies) :]],
        )


async def _look(context: Context, question_ids: Sequence[int], message_ids: Sequence[int]) -> _Found:
    questions = await context.read(_some, context, [*question_ids])
    messages = [*dict.fromkeys(message_ids)]
    replies = [reply for number in messages if (reply := await _reply(context, number)) is not None]
    return _Found(questions, replies, len(messages))


def _some(reader: Reader, context: Context, numbers: list[int]) -> list[Question]:
    found = showing.some(reader, context, numbers)
    if missing := set(numbers).difference(each.id for each in found):
        raise NotFound(
            f"question_ids: there is no question {min(missing)}; list_questions lists them.", code="no_question"
        )
    return found


async def _reply(context: Context, number: int) -> Reply | None:
    """The first reply to a message of the actor; None if there is none yet."""
    try:
        receipt = await context.call("get_receipt", message_id=number)
    except NotFound as error:
        raise NotFound(
            f"message_ids: you have sent no message {number}; teams_send_message names the messages that it has sent.",
            code=error.code,
        ) from None
    found = min((each.answer for each in receipt.recipients if each.answer is not None), default=None)
    if found is None:
        return None
    message = await context.call("get_message", message_id=found)
    return Reply(
        message_id=number,
        reply_id=found,
        agent=message.from_agent,
        content=message.content,
        parts=message.parts,
    )
