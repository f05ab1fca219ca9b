"""From the log to the outbox: who is to be notified of what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ....events import Event
from ....members.directory import is_dm
from ....operations import Context, operation
from ....operations.followers import Followed, Follower
from ....storage import Row, Transaction, Work, present
from .. import outbox, queries
from ..models import REASONS, Reason

PAGE = 500
"""Events that are gone through in one transaction."""
SHOWN = 1000
"""Characters of a message that stand in a notification."""
HOUR = 3_600_000


@operation(internal=True, profile="notifications")
async def queue_notifications(context: Context) -> Work[Followed] | Followed:
    """Go on through the log and queue what members are to be notified of."""
    return await FOLLOWER.step(context)


def _queue(context: Context, events: Sequence[Event]) -> Work[None]:
    def work(tx: Transaction) -> None:
        addresses = queries.addresses(tx)
        for event in events:
            _queue_event(context, tx, event, addresses)

    return work


FOLLOWER = Follower(
    "queue_notifications",
    _queue,
    kinds={"message.sent", "message.edited", "message.deleted", "agent.retired"},
    at_once=PAGE,
    from_start=True,
)


def _queue_event(context: Context, tx: Transaction, event: Event, addresses: list[Row]) -> None:
    """Queue what follows from one event."""
    if event.kind == "message.edited":
        queries.set_content(tx, int(event.subject), _beginning(event))
        for row in queries.waiting_of_message(tx, int(event.subject)):
            if row["agent"] in event.data.get("no_longer_addressed", ()):
                outbox.settle(context, tx, row, row["attempts"], "given_up", "the message calls its reader no more")
    if event.kind == "message.deleted":
        for row in queries.waiting_of_message(tx, int(event.subject)):
            outbox.settle(context, tx, row, row["attempts"], "given_up", "the message was deleted")
    if event.kind == "agent.retired":
        for name in queries.addresses_of(tx, event.subject):
            queries.remove_address(tx, event.subject, name)
            outbox.drop_address(context, tx, event.subject, name)
    if event.kind not in {"message.sent", "message.edited"}:
        return
    late = event.at + HOUR * context.settings("notifications").give_up_hours < context.now()
    for address, reason in _wanted(event, addresses):
        number = queries.insert(
            tx,
            address["agent"],
            address["notifier"],
            address["address"],
            reason,
            int(event.subject),
            str(event.channel),
            event.actor,
            _beginning(event),
            event.at,
            context.now(),
        )
        row = present(queries.notification(tx, number))
        outbox.emit_queued(context, tx, row)
        if late:  # no notifier was there for long; nobody wants to be woken for last month's messages
            outbox.settle(context, tx, row, 0, "given_up", "it had waited too long when a notifier was there again")


def _beginning(event: Event) -> str:
    return str(event.data["content"])[:SHOWN]


def _wanted(event: Event, addresses: list[Row]) -> Iterator[tuple[Row, Reason]]:
    """Whom a message is to be brought to, and why. One of priority 'later' calls nobody."""
    if event.kind == "message.sent" and event.data["priority"] == "later":
        return
    for address in addresses:
        if event.id <= address["since"] or address["agent"] not in event.data["addressed"]:
            continue
        chosen = json.loads(address["reasons"])
        why = (reason for reason in REASONS if reason in chosen and _has(event, address["agent"], reason))
        if reason := next(why, None):
            yield address, reason


def _has(event: Event, agent: str, reason: Reason) -> bool:
    if reason == "ack":
        return event.data["ack_required"] or event.data["reply_by"] is not None
    if reason == "dm":
        return is_dm(str(event.channel))
    return not {agent, "all"}.isdisjoint(event.data["mentions"])
