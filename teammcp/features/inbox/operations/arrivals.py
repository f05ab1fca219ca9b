"""What becomes of messages that were handed over: they have arrived, or wait again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....operations import Context, operation
from ....storage import Transaction, Work
from ... import deliveries
from ...messages import MessageId
from ..events import InboxGivenBack
from ..handover import GIVEN_BACK, Asking
from ..models import Arrived, Held

MessageIds = Annotated[list[MessageId], Field(min_length=1, max_length=500)]


@operation("POST /api/received", access="observer", profile="inbox", tool=False, idempotent=True)
async def confirm_messages(context: Context, message_ids: MessageIds) -> Work[Arrived]:
    """Say that messages which were handed to you have arrived, so that they do not come again: for programs."""
    return lambda tx: _arrive(context, tx, context.actor.name, message_ids)


@operation("POST /api/held", access="observer", profile="inbox", tool=False, idempotent=True)
async def hold_messages(context: Context, message_ids: MessageIds) -> Work[Held]:
    """Say that you are still at work on messages which were handed to you, so that nobody else gets them: for programs.

    It holds as long as a hand-over does; say it again while it is so, and confirm_messages at the end.
    """
    mark = Asking.of(context).mark

    def work(tx: Transaction) -> Held:
        rows = deliveries.handed(tx, context.actor.name, message_ids)
        mine = [row["message_id"] for row in rows if row["handed_to"].split()[-1:] == [mark]]
        deliveries.hold(tx, context.actor.name, mine, context.now())
        return Held(message_ids=mine)

    return work


@operation(internal=True, profile="inbox")
async def note_arrival(context: Context, agent: str, message_ids: MessageIds) -> Work[Arrived]:
    """A reader has given a sign of having messages that were handed to it."""
    return lambda tx: _arrive(context, tx, agent, message_ids)


def _arrive(context: Context, tx: Transaction, agent: str, message_ids: list[int]) -> Arrived:
    new = [row["message_id"] for row in deliveries.handed(tx, agent, message_ids)]
    deliveries.arrive(tx, agent, new, context.now())
    return Arrived(message_ids=new)


@operation(internal=True, profile="inbox")
async def take_back(
    context: Context, agent: str, message_ids: MessageIds, mark: str, surely: bool = True
) -> Work[Arrived]:
    """A reader will give no sign of what was handed to it: it waits for the next one, and other waits are woken for it.

    If it surely does not have it, it is as if it had never been handed over.
    """

    def work(tx: Transaction) -> Arrived:
        marks = {
            row["message_id"]: _given_back(row["handed_to"].split(), surely)
            for row in deliveries.handed(tx, agent, message_ids)
            if row["handed_to"].split()[-1:] == [mark]  # nobody else was handed it meanwhile
        }
        if marks:
            deliveries.give_back(tx, agent, marks)
            context.emit(tx, InboxGivenBack(message_ids=list(marks), addressed=[agent]), agent, agents=[agent])
        return Arrived(message_ids=[])

    return work


def _given_back(marks: list[str], surely: bool) -> str:
    """The marks of the readers that may have it; none if nobody may."""
    left = marks[:-1] if surely else marks
    return " ".join([*left, GIVEN_BACK]) if left else ""
