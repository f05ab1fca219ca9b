"""Handing over what is due: what goes together, and what an attempt came to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....arguments.fields import Text
from ....errors import Conflict
from ....operations import Context, Result, operation
from ....storage import Row, Transaction, Work, present
from ... import deliveries as message_deliveries
from ...messages import message_row
from .. import delivery_queries as deliveries
from .. import kinds, outbox
from .. import preference_queries as preferences
from .. import thing_queries as things
from ..kinds import Occasion
from ..models import AddressId, AgentName, NotificationId, NotifierName, Outcome

RETRY = 30_000
"""Milliseconds until the second attempt, doubled each time, and until anything else is tried by that notifier."""
LONGEST = 3_600_000
HOUR = 3_600_000
MOST = 500
"""Things that one notification tells of."""


class Batch(Result):
    """What is handed over together: the number of the first delivery; null if nothing is left to tell."""

    batch: int | None


class Noted(Result):
    """How many deliveries were noted."""

    deliveries: int


@operation(internal=True, profile="notifications")
async def begin_delivery(context: Context, notifier: NotifierName, agent: AgentName) -> Work[Batch]:
    """Gather what is due for a member by a notifier. What nobody needs to be told any more is dropped."""

    def work(tx: Transaction) -> Batch:
        now = context.now()
        due = [row for row in deliveries.waiting(tx, notifier, agent) if row["next_at"] <= now]
        begun = next((row["batch"] for row in due if row["batch"] is not None), None)
        together = [row for row in due if row["batch"] == begun][:MOST]
        left = [row for row in together if not _dropped(context, tx, row)]
        if not left:
            return Batch(batch=None)
        if begun is None:
            begun = left[0]["id"]
            deliveries.gather(tx, [row["id"] for row in left], begun)
        return Batch(batch=begun)

    return work


def _dropped(context: Context, tx: Transaction, row: Row) -> bool:
    thing = present(things.notification(tx, row["notification_id"]))
    why = _over(context, tx, thing)
    if why is None:
        return False
    outbox.drop(context, tx, thing, why)
    return True


def _over(context: Context, tx: Transaction, thing: Row) -> str | None:
    """Why a member needs not be told of something any more; None if it does."""
    agent = context.team.directory.agents[thing["agent"]]
    if agent.retired:
        return "the member was retired"
    if thing["message_id"] is not None:
        message = message_row(tx, thing["message_id"])
        if message is None or message["deleted"]:
            return "the message was deleted"
        if not context.team.directory.can_read(agent.name, thing["channel"]):
            return f"{agent.name} is no longer a member of {thing['channel']}"
        if message_deliveries.is_read(tx, agent.name, message["id"], message["channel_id"], message["seq"]):
            return "it was read"
    kind = kinds.of(context.server).get(thing["kind"])
    occasion = Occasion(agent.name, thing["key"], thing["content"], thing["path"], thing["message_id"])
    return "it is over" if kind is not None and kind.is_over(context, tx, occasion) else None


@operation(internal=True, profile="notifications")
async def note_delivery(
    context: Context,
    batch: NotificationId,
    outcome: Outcome | None = None,
    error: Annotated[Text, Field(max_length=500)] = "",
    reference: Annotated[Text, Field(max_length=500)] = "",
    wait_s: Annotated[float, Field(ge=0)] | None = 0,
    held: bool = False,
) -> Work[Noted]:
    """Note what an attempt to deliver came to; without an outcome it is made again later.

    What is held was no attempt: it waits until it is resumed, or for that long. What was dropped meanwhile stays so.
    """

    def work(tx: Transaction) -> Noted:
        waiting = [row for row in deliveries.of_batch(tx, batch) if row["outcome"] is None]
        for row in waiting:
            attempts = row["attempts"] + 1
            if outcome is not None:
                outbox.settle(context, tx, row, outcome, error or None, attempts=attempts, reference=reference or None)
            else:
                _postpone(context, tx, row, row["attempts"] if held else attempts, error, wait_s, held=held)
        return Noted(deliveries=len(waiting))

    return work


def _postpone(
    context: Context, tx: Transaction, row: Row, attempts: int, error: str, wait_s: float | None, *, held: bool
) -> None:
    """Try it again later, unless that would be too long after it was to be told first."""
    now, due_at = context.now(), row["next_at"] if row["due_at"] is None else row["due_at"]
    give_up = due_at + HOUR * context.settings("notifications").give_up_hours
    if now >= give_up:
        outbox.settle(context, tx, row, "failed", f"given up: {error}", attempts=attempts)
        return
    again = give_up if wait_s is None else now + int(wait_s * 1000)
    if not held:
        again = max(again, now + min(RETRY * 2 ** min(row["attempts"], 20), LONGEST))
    deliveries.postpone(tx, row["id"], attempts, due_at, min(again, give_up), error)


@operation(internal=True, profile="notifications")
async def resume_notifications(context: Context, notifier: NotifierName, agent: AgentName) -> Work[Noted]:
    """Have told now, together, what was held because a member could not be reached; a plugin calls it."""

    def work(tx: Transaction) -> Noted:
        held = [row for row in deliveries.waiting(tx, notifier, agent) if row["due_at"] is not None]
        for row in held:
            outbox.try_at(context, tx, row, context.now())
            if not row["attempts"]:
                deliveries.ungather(tx, row["id"])
        return Noted(deliveries=len(held))

    return work


@operation(internal=True, profile="notifications")
async def note_seen(context: Context, batch: NotificationId) -> Work[Noted]:
    """Note that a member has seen what was handed over together; no other way tells of it any more."""

    def work(tx: Transaction) -> Noted:
        rows = [row for row in deliveries.of_batch(tx, batch) if row["outcome"] in ("handed_over", "accepted")]
        for row in rows:
            outbox.see(context, tx, row)
        return Noted(deliveries=len(rows))

    return work


@operation(internal=True, profile="notifications")
async def forget_address(context: Context, address_id: AddressId) -> Work[Noted]:
    """Forget an address that is gone, as its service says."""

    def work(tx: Transaction) -> Noted:
        row = preferences.address(tx, address_id)
        if row is None:
            raise Conflict(f"address_id: {address_id} is forgotten already.", code="address_not_found")
        return Noted(deliveries=outbox.remove_address(context, tx, row, "the address is gone"))

    return work
