"""What one was told outside of TeamMCP, and what became of it; telling it again."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ....errors import Conflict, NotFound
from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work
from .. import delivery_queries as deliveries
from .. import outbox
from .. import preference_queries as preferences
from .. import thing_queries as things
from ..kinds import Occasion
from ..models import KindName, NotificationId, NotificationInfo, NotificationList, NotifierName, Outcome
from .addresses import installed

Limit = Annotated[int, Field(ge=1, le=200)]
MessageId = Annotated[int, Field(ge=1, lt=2**63)]
State = Literal["waiting"] | Outcome
LOOKED_AT = 1000
"""Notifications that are looked through for those of a state, a kind or a notifier."""


@operation("GET /api/notifications", profile="notifications", read_only=True)
async def list_notifications(
    context: Context,
    message_id: MessageId | None = None,
    state: State | None = None,
    kind: KindName | None = None,
    notifier: NotifierName | None = None,
    limit: Limit = 50,
    before: NotificationId | None = None,
) -> NotificationList:
    """List what notified you outside of TeamMCP, and others of your messages, with what became of it; newest first.

    state: those of which some notifier has it waiting, or with that outcome. With state, kind or notifier only the
    latest are looked through.
    """
    filtered = not (state is None and kind is None and notifier is None)
    me = context.actor.name
    rows = await context.read(_concerning, me, message_id, before or LARGEST_ID, LOOKED_AT if filtered else limit)
    found = [each for each in await context.read(outbox.infos, rows) if _fits(each, state, kind, notifier)][:limit]
    for each in found:
        if each.agent != me:
            for delivery in each.deliveries:
                delivery.error = None
    return NotificationList(context.budget().fit(found))


def _fits(info: NotificationInfo, state: str | None, kind: str | None, notifier: str | None) -> bool:
    if kind is not None and info.kind != kind:
        return False
    if state is None and notifier is None:
        return True
    return any(
        notifier in (None, each.notifier) and state in (None, each.outcome or "waiting") for each in info.deliveries
    )


def _concerning(reader: Reader, agent: str, message_id: int | None, before: int, limit: int) -> list[Row]:
    """What a member is told, and what others are told of its messages."""
    if message_id is not None:
        rows = [row for row in things.of_message(reader, message_id) if agent in (row["agent"], row["sender"])]
    else:
        rows = [*things.received(reader, agent, before, limit), *things.sent(reader, agent, before, limit)]
    by_id = {row["id"]: row for row in rows if row["id"] < before}
    return [by_id[number] for number in sorted(by_id, reverse=True)[:limit]]


@operation("POST /api/notifications/{notification_id}/resend", profile="notifications", tool=False)
async def resend_notification(
    context: Context, notification_id: NotificationId, notifier: NotifierName
) -> Work[NotificationInfo]:
    """Be told of something once more by a notifier, now: for instance because it has failed."""
    installed(context, notifier)

    def work(tx: Transaction) -> NotificationInfo:
        row = things.notification(tx, notification_id)
        if row is None or row["agent"] != context.actor.name:
            raise NotFound(
                f"notification_id: you have no notification {notification_id}.", code="notification_not_found"
            )
        _require_address(context, tx, notifier)
        if row["over"] is not None:
            raise Conflict(f"notification_id: there is nothing to tell any more: {row['over']}.", code="over")
        for each in deliveries.of_notifications(tx, [notification_id]):
            if each["notifier"] == notifier and each["outcome"] is None:
                outbox.try_at(context, tx, each, context.now())
                break
        else:
            outbox.put(context, tx, notification_id, notifier, "now", context.now())
        return outbox.infos(tx, [row])[0]

    return work


@operation("POST /api/notifiers/{notifier}/test", profile="notifications", tool=False)
async def try_notifier(context: Context, notifier: NotifierName) -> Work[NotificationInfo]:
    """Have something sent to you by a notifier, to see whether it comes."""
    found = installed(context, notifier)

    def work(tx: Transaction) -> NotificationInfo:
        _require_address(context, tx, notifier)
        occasion = Occasion(
            context.actor.name,
            key=f"test {notifier}",
            content=f"This is a test of {found.title}: it reaches you.",
            path="/notifications",
        )
        number = outbox.tell(context, tx, "test", occasion, (), came_at=context.now())
        outbox.put(context, tx, number, notifier, "now", context.now())
        return outbox.infos(tx, things.some(tx, [number]))[0]

    return work


def _require_address(context: Context, reader: Reader, notifier: str) -> None:
    if all(row["notifier"] != notifier for row in preferences.addresses_of(reader, context.actor.name)):
        raise Conflict(
            f"notifier: you have no address for '{notifier}'. Give one with set_notification_address.",
            code="no_address",
        )
