"""Where one is notified and of what, and what became of notifications."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from ....errors import InvalidInput, NotFound
from ....events.log import last_id
from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work
from .. import notifiers, outbox, queries
from ..events import AddressRemoved, AddressSet
from ..models import (
    REASONS,
    Address,
    NotificationAddress,
    NotificationId,
    NotificationList,
    NotifierInfo,
    NotifierList,
    NotifierName,
    Reasons,
    RemovedAddress,
)
from ..notifiers import Notifier
from .queue import FOLLOWER

Limit = Annotated[int, Field(ge=1, le=200)]
MessageId = Annotated[int, Field(ge=1, lt=2**63)]


@operation("GET /api/notifiers", profile="notifications", read_only=True, tool=False)
async def get_notifiers(context: Context) -> NotifierList:
    """List the ways to be notified outside of TeamMCP, and which of them you use, for what."""
    own = await context.read(queries.addresses_of, context.actor.name)
    return NotifierList(
        [
            NotifierInfo(
                name=notifier.name,
                title=notifier.title,
                address=own[notifier.name]["address"] if notifier.name in own else None,
                reasons=json.loads(own[notifier.name]["reasons"]) if notifier.name in own else [],
            )
            for notifier in notifiers.of(context.server).values()
        ]
    )


@operation("PUT /api/notifiers/{notifier}/address", profile="notifications", idempotent=True, tool=False)
async def set_notification_address(
    context: Context,
    notifier: NotifierName,
    address: Address,
    reasons: Reasons = ["ack", "dm", "mention"],  # noqa: B006 - never changed
) -> Work[NotificationAddress]:
    """Be notified by a notifier at an address of yours of what is sent from now on.

    reasons: ack (it wants an acknowledgement or an answer, as questions for approval do), dm, mention.
    """
    kept = _checked(_notifier(context, notifier), address)
    wanted = [reason for reason in REASONS if reason in reasons]

    def work(tx: Transaction) -> NotificationAddress:
        newest = last_id(tx)
        if not queries.anybody(tx):  # until now nobody went through the log
            FOLLOWER.skip(tx, newest)
        before = queries.addresses_of(tx, context.actor.name).get(notifier)
        since = newest if before is None else before["since"]
        queries.set_address(tx, context.actor.name, notifier, kept, wanted, since)
        queries.readdress(tx, context.actor.name, notifier, kept)
        event = AddressSet(notifier=notifier, reasons=wanted)
        context.emit(tx, event, context.actor.name, agents=[context.actor.name])
        return NotificationAddress(notifier=notifier, address=kept, reasons=wanted)

    return work


@operation("DELETE /api/notifiers/{notifier}/address", profile="notifications", tool=False, destructive=True)
async def remove_notification_address(context: Context, notifier: NotifierName) -> Work[RemovedAddress]:
    """Be notified by this notifier no more. What waits for you there is given up."""

    def work(tx: Transaction) -> RemovedAddress:
        if not queries.remove_address(tx, context.actor.name, notifier):
            raise NotFound(f"notifier: you have no address for '{notifier}'.", code="address_not_found")
        outbox.drop_address(context, tx, context.actor.name, notifier)
        context.emit(tx, AddressRemoved(notifier=notifier), context.actor.name, agents=[context.actor.name])
        return RemovedAddress(notifier=notifier)

    return work


@operation("GET /api/notifications", profile="notifications", read_only=True)
async def list_notifications(
    context: Context, message_id: MessageId | None = None, limit: Limit = 50, before: NotificationId | None = None
) -> NotificationList:
    """List what notified you outside of TeamMCP, and others of your messages, with what became of it; newest first."""
    rows = await context.read(_concerning, context.actor.name, message_id, before or LARGEST_ID, limit)
    found = [outbox.info(row) for row in rows]
    for each in found:
        if each.agent != context.actor.name:
            each.error = None
    return NotificationList(found)


def _concerning(reader: Reader, agent: str, message_id: int | None, before: int, limit: int) -> list[Row]:
    """Notifications for a member, and of what it sent."""
    if message_id is not None:
        rows = queries.of_message(reader, message_id, agent)
    else:
        rows = [*queries.received(reader, agent, before, limit), *queries.sent(reader, agent, before, limit)]
    by_id = {row["id"]: row for row in rows if row["id"] < before}
    return [by_id[number] for number in sorted(by_id, reverse=True)[:limit]]


def _notifier(context: Context, name: str) -> Notifier:
    installed = notifiers.of(context.server)
    if name not in installed:
        there = f"There are: {', '.join(sorted(installed))}." if installed else "None is installed; plugins bring them."
        raise NotFound(f"notifier: there is no notifier called '{name}'. {there}", code="notifier_not_found")
    return installed[name]


def _checked(notifier: Notifier, address: str) -> str:
    try:
        return notifier.check(address)
    except ValueError as error:
        raise InvalidInput.at("address", str(error), detail=f"address: {error}") from None
