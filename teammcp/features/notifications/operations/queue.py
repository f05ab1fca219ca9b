"""From the log to the outbox: who is to be told of what."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from ....events import Event
from ....operations import Context, operation
from ....operations.followers import Followed, Follower
from ....server import Host
from ....storage import Row, Transaction, Work, present
from .. import delivery_queries as deliveries
from .. import kinds, notifiers, outbox
from .. import preference_queries as preferences
from .. import thing_queries as things
from ..kinds import NotificationKind, Occasion

PAGE = 500
"""Events that are gone through in one transaction."""
HOUR = 3_600_000
TAKES_BACK = frozenset({"message.edited", "message.deleted", "agent.retired"})
"""The kinds of events after which there may be nothing to tell any more."""

log = logging.getLogger(__name__)


@operation(internal=True, profile="notifications")
async def queue_notifications(context: Context) -> Work[Followed] | Followed:
    """Go on through the log and queue what members are to be told."""
    return await FOLLOWER.step(context)


def _queue(context: Context, events: Sequence[Event]) -> Work[None]:
    def work(tx: Transaction) -> None:
        addresses = preferences.addresses(tx)
        for event in events:
            _take_back(context, tx, event)
            _note_conversation(context, tx, event)
            _queue_event(context, tx, event, addresses)

    return work


def _kinds(server: Host) -> frozenset[str]:
    return TAKES_BACK.union({"message.sent"}, *(kind.events for kind in kinds.of(server).values()))


FOLLOWER = Follower("queue_notifications", _queue, kinds=_kinds, at_once=PAGE, from_start=True)


def _take_back(context: Context, tx: Transaction, event: Event) -> None:
    """Drop what an event leaves nothing to tell of."""
    if event.kind == "message.deleted":
        for row in things.of_message(tx, int(event.subject)):
            outbox.drop(context, tx, row, "the message was deleted")
    if event.kind == "message.edited" and event.data["no_longer_addressed"]:
        for row in things.of_message(tx, int(event.subject)):
            if row["agent"] in event.data["no_longer_addressed"]:
                outbox.drop(context, tx, row, "the message calls its reader no more")
    if event.kind == "agent.retired":
        for row in preferences.addresses_of(tx, event.subject):
            preferences.remove_address(tx, row["id"])
            for waiting in deliveries.waiting(tx, row["notifier"], event.subject):
                outbox.settle(context, tx, waiting, "dropped", "the member was retired")


def _note_conversation(context: Context, tx: Transaction, event: Event) -> None:
    """Note by which notifier a member takes part in a conversation: what it writes by one says so in its metadata."""
    if event.kind != "message.sent" or event.channel is None:
        return
    source = (event.data["metadata"] or {}).get("source")
    if isinstance(source, str) and source in notifiers.of(context.server):
        preferences.set_conversation(tx, event.actor, event.channel, source, event.at)
    else:
        preferences.end_conversation(tx, event.actor, event.channel)


def _queue_event(context: Context, tx: Transaction, event: Event, addresses: list[Row]) -> None:
    """Queue what follows from one event: each member is told of it by the first kind that it is of."""
    told: set[str] = set()
    for kind in kinds.of(context.server).values():
        if event.kind not in kind.events:
            continue
        for occasion in _occasions(context, tx, kind, event):
            if occasion.agent not in told:
                told.add(occasion.agent)
                ways = {each["notifier"] for each in addresses if _is_for(each, occasion, event)}
                if ways and not _is_told(tx, occasion):
                    _tell(context, tx, kind, occasion, sorted(ways), event)


def _occasions(context: Context, tx: Transaction, kind: NotificationKind, event: Event) -> Iterable[Occasion]:
    try:
        return list(kind.occasions(context, tx, event))
    except Exception:  # a plugin's: it must not keep the members from being told of everything else
        log.exception("the kind of notifications %s could not say what event %d is to anybody", kind.name, event.id)
        return ()


def _is_for(address: Row, occasion: Occasion, event: Event) -> bool:
    return bool(address["agent"] == occasion.agent and address["since"] < event.id)


def _is_told(tx: Transaction, occasion: Occasion) -> bool:
    """Whether a member has been told of a message: an edit may name it once more."""
    if occasion.message_id is None:
        return False
    return any(row["agent"] == occasion.agent for row in things.of_message(tx, occasion.message_id))


def _tell(
    context: Context, tx: Transaction, kind: NotificationKind, occasion: Occasion, ways: Sequence[str], event: Event
) -> None:
    of = {} if occasion.message_id is None else {"channel": str(event.channel), "sender": event.actor}
    number = outbox.tell(context, tx, kind.name, occasion, ways, came_at=event.at, **of)
    if event.at + HOUR * context.settings("notifications").give_up_hours < context.now():
        # No notifier was there for long; nobody wants to be woken for what was last month.
        row = present(things.notification(tx, number))
        outbox.drop(context, tx, row, "it had waited too long when a notifier was there again")
