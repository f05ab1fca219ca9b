"""The outbox: what goes into it, when it is due, how it ends, and who is told of that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...operations import Context
from ...storage import Reader, Row, Transaction, present
from . import delivery_queries as deliveries
from . import preference_queries, preferences
from . import thing_queries as things
from .events import AddressRemoved, NotificationEvent, NotificationQueued, NotificationSettled
from .kinds import Occasion
from .models import DeliveryInfo, NotificationInfo, Outcome
from .pace import PACE
from .preferences import Preferences
from .timing import MINUTE, Urgency, due_at

CONVERSATION = 3_600_000
"""Milliseconds for which somebody who has written by a notifier is answered by it, at once."""
REPLACED = "something newer has taken its place"


def tell(
    context: Context,
    tx: Transaction,
    kind: str,
    occasion: Occasion,
    notifiers: Iterable[str],
    *,
    came_at: int,
    channel: str = "",
    sender: str = "",
) -> int:
    """Have a member told of something by some notifiers, each when the member wants that; the notification's id.

    Args:
        context: of the call.
        tx: the transaction.
        kind: the name of its kind.
        occasion: whom, and what.
        notifiers: by which.
        came_at: when it came to be, in UTC milliseconds.
        channel, sender: of the message that tells of it.
    """
    if occasion.key:
        for row in things.in_state(tx, occasion.agent, kind, occasion.key):
            drop(context, tx, row, REPLACED)
    number = things.insert(
        tx,
        occasion.agent,
        kind,
        occasion.key,
        occasion.content,
        occasion.path,
        occasion.message_id,
        channel,
        sender,
        came_at,
    )
    wanted = preferences.of(tx, context.team.directory.agents[occasion.agent])
    for name in notifiers:
        if channel and preference_queries.writes_by(tx, occasion.agent, channel, came_at - CONVERSATION) == name:
            put(context, tx, number, name, "now", came_at)
            continue
        urgency = wanted.urgency(context.server, name, kind)
        if urgency != "never":
            put(context, tx, number, name, urgency, when(tx, wanted, occasion.agent, name, urgency, came_at))
    return number


def put(context: Context, tx: Transaction, number: int, notifier: str, urgency: Urgency, due: int) -> None:
    """Put a notification into the outbox of a notifier."""
    row = present(things.notification(tx, number))
    deliveries.insert(tx, number, row["agent"], notifier, urgency, due)
    _look_soon(context, tx)
    _emit(context, tx, NotificationQueued(**_about(row, notifier)), row)


def when(reader: Reader, wanted: Preferences, agent: str, notifier: str, urgency: Urgency, came_at: int) -> int:
    """When something that came at a time is to be told by a notifier."""
    since = came_at + wanted.after(notifier) * MINUTE
    batch = deliveries.open_batch(reader, notifier, agent) if urgency == "batch" else None
    return due_at(wanted.habits, urgency, since, batch)


def drop(context: Context, tx: Transaction, row: Row, why: str) -> None:
    """Tell nobody of something any more."""
    things.end(tx, row["id"], why)
    for each in deliveries.of_notifications(tx, [row["id"]]):
        if each["outcome"] is None:
            settle(context, tx, each, "dropped", why)


def settle(
    context: Context,
    tx: Transaction,
    row: Row,
    outcome: Outcome,
    error: str | None,
    *,
    attempts: int | None = None,
    reference: str | None = None,
) -> None:
    """End a delivery. Where it has failed, the next way is tried at once."""
    tried = row["attempts"] if attempts is None else attempts
    deliveries.settle(tx, row["id"], tried, outcome, error, reference, context.now())
    about = present(things.notification(tx, row["notification_id"]))
    settled = NotificationSettled(**_about(about, row["notifier"]), outcome=outcome)
    _emit(context, tx, settled, about, outcome=outcome)
    if outcome == "failed":
        for other in deliveries.of_notifications(tx, [about["id"]]):
            if other["outcome"] is None and not other["attempts"] and other["urgency"] == "now":
                _hurry(context, tx, other)


def see(context: Context, tx: Transaction, row: Row) -> None:
    """Note that a delivery was seen. What waits by other notifiers needs not be told any more."""
    deliveries.see(tx, row["id"], context.now())
    thing = present(things.notification(tx, row["notification_id"]))
    _emit(context, tx, NotificationSettled(**_about(thing, row["notifier"]), outcome="seen"), thing, outcome="seen")
    drop(context, tx, thing, f"it was seen by {row['notifier']}")


def remove_address(context: Context, tx: Transaction, row: Row, why: str) -> int:
    """Forget an address, and drop what waits for it where there is no other; how much that was."""
    preference_queries.remove_address(tx, row["id"])
    context.emit(tx, AddressRemoved(notifier=row["notifier"]), row["agent"], agents=[row["agent"]])
    if any(each["notifier"] == row["notifier"] for each in preference_queries.addresses_of(tx, row["agent"])):
        return 0
    waiting = deliveries.waiting(tx, row["notifier"], row["agent"])
    for each in waiting:
        settle(context, tx, each, "dropped", why)
    return len(waiting)


def retime(context: Context, tx: Transaction, agent: str, notifiers: Iterable[str]) -> None:
    """Have what waits for a member told as it wants now; what was tried already stays as it is."""
    wanted = preferences.of(tx, context.team.directory.agents[agent])
    for name in notifiers:
        batch: int | None = None
        for row in deliveries.waiting(tx, name, agent):
            if row["attempts"]:
                continue
            thing = present(things.notification(tx, row["notification_id"]))
            urgency = wanted.urgency(context.server, name, thing["kind"])
            if urgency == "never":
                settle(context, tx, row, "dropped", "its reader does not want to be told")
                continue
            due = due_at(wanted.habits, urgency, thing["created_at"] + wanted.after(name) * MINUTE, batch)
            batch = due if urgency == "batch" else batch
            deliveries.set_due(tx, row["id"], urgency, due)
    _look_soon(context, tx)


def _hurry(context: Context, tx: Transaction, row: Row) -> None:
    wanted = preferences.of(tx, context.team.directory.agents[row["agent"]])
    due = due_at(wanted.habits, "now", context.now())
    if due < row["next_at"]:
        try_at(context, tx, row, due)


def try_at(context: Context, tx: Transaction, row: Row, moment: int) -> None:
    """Try a delivery that waits at another time."""
    deliveries.set_next(tx, row["id"], moment)
    _look_soon(context, tx)


def _look_soon(context: Context, tx: Transaction) -> None:
    """Have the outbox looked at: what waits may be due sooner than the job knows."""

    def look() -> None:
        context.team.state[PACE].due = 0

    tx.on_commit(look)


def infos(reader: Reader, rows: list[Row]) -> list[NotificationInfo]:
    """The public shapes of notifications, in their order."""
    found = deliveries.of_notifications(reader, [row["id"] for row in rows])
    return [_info(row, [each for each in found if each["notification_id"] == row["id"]]) for row in rows]


def _info(row: Row, delivered: list[Row]) -> NotificationInfo:
    shown: dict[str, Any] = {name: row[name] for name in NotificationInfo.model_fields if name != "deliveries"}
    shown["sender"] = row["sender"] or None
    return NotificationInfo(**shown, deliveries=[_delivery(each) for each in delivered])


def _delivery(row: Row) -> DeliveryInfo:
    shown: dict[str, Any] = {name: row[name] for name in DeliveryInfo.model_fields if name != "next_attempt_at"}
    return DeliveryInfo(**shown, next_attempt_at=row["next_at"])


def _about(row: Row, notifier: str) -> dict[str, Any]:
    return {**{name: row[name] for name in ("id", "agent", "kind", "message_id")}, "notifier": notifier}


def _emit(context: Context, tx: Transaction, event: NotificationEvent, row: Row, **more: Any) -> None:
    """An event for those whom it concerns, without address and text; and the hook."""
    known = context.team.directory.agents
    audience = [name for name in dict.fromkeys((row["agent"], row["sender"])) if name in known]
    context.emit(tx, event, row["id"], agents=audience)
    [info] = infos(tx, [row])
    hook = event.event_kind.replace(".", "_")
    tx.on_commit(
        lambda: context.team.notify(hook, team=context.team, notification=info, notifier=event.notifier, **more)
    )
