"""Where one is notified."""

from __future__ import annotations

from ....errors import InvalidInput, NotFound
from ....events.log import last_id
from ....operations import Context, operation
from ....storage import Row, Transaction, Work, present
from .. import kinds, notifiers, outbox, preferences
from .. import preference_queries as queries
from ..events import AddressSet
from ..models import (
    Address,
    AddressId,
    Label,
    NotificationAddress,
    NotifierInfo,
    NotifierList,
    NotifierName,
    RemovedAddress,
)
from ..notifiers import Notifier
from .queue import FOLLOWER

MOST_ADDRESSES = 20


@operation("GET /api/notifiers", profile="notifications", read_only=True, tool=False)
async def get_notifiers(context: Context) -> NotifierList:
    """List the ways to be notified outside of TeamMCP, and how you use them."""
    wanted = await context.read(preferences.of, context.actor)
    own = await context.read(queries.addresses_of, context.actor.name)
    return NotifierList(
        [
            NotifierInfo(
                name=notifier.name,
                title=notifier.title,
                several=notifier.several,
                address_page=notifier.address_page,
                addresses=[_shown(row) for row in own if row["notifier"] == notifier.name],
                after_minutes=wanted.after(notifier.name),
                urgencies={
                    kind: wanted.urgency(context.server, notifier.name, kind) for kind in kinds.of(context.server)
                },
            )
            for notifier in notifiers.of(context.server).values()
        ]
    )


@operation("PUT /api/notifiers/{notifier}/address", profile="notifications", idempotent=True, tool=False)
async def set_notification_address(
    context: Context, notifier: NotifierName, address: Address, label: Label = ""
) -> Work[NotificationAddress]:
    """Be notified by a notifier at an address of yours, of what happens from now on.

    It takes the place of the one before, unless the notifier has several, such as one for each device; label names it.
    """
    found = installed(context, notifier)
    kept = _checked(found, address)

    def work(tx: Transaction) -> NotificationAddress:
        found.admit(context, tx, kept)
        newest = last_id(tx)
        if not queries.anybody(tx):  # until now nobody went through the log
            FOLLOWER.skip(tx, newest)
        before = [row for row in queries.addresses_of(tx, context.actor.name) if row["notifier"] == notifier]
        number = _keep(context, tx, found, before, kept, label, newest)
        context.emit(tx, AddressSet(notifier=notifier), context.actor.name, agents=[context.actor.name])
        return _shown(present(queries.address(tx, number)))

    return work


def _keep(
    context: Context, tx: Transaction, notifier: Notifier, before: list[Row], address: str, label: str, newest: int
) -> int:
    if before and not notifier.several:
        queries.change_address(tx, before[0]["id"], address, label)
        return int(before[0]["id"])
    if len(before) >= MOST_ADDRESSES and all(row["address"] != address for row in before):
        raise InvalidInput.at(
            "address",
            f"you have {len(before)} by {notifier.title} already. Remove one with remove_notification_address",
        )
    return queries.add_address(tx, context.actor.name, notifier.name, address, label, newest, context.now())


@operation("DELETE /api/notifiers/{notifier}/address", profile="notifications", tool=False, destructive=True)
async def remove_notification_address(
    context: Context, notifier: NotifierName, address_id: AddressId | None = None
) -> Work[RemovedAddress]:
    """Be notified at an address no more; without address_id at none by this notifier. What waits there is dropped."""

    def work(tx: Transaction) -> RemovedAddress:
        own = [row for row in queries.addresses_of(tx, context.actor.name) if row["notifier"] == notifier]
        meant = [row for row in own if address_id in (None, row["id"])]
        if not meant:
            which = "address" if address_id is None else f"address {address_id}"
            raise NotFound(
                f"{'notifier' if address_id is None else 'address_id'}: you have no {which} for '{notifier}'.",
                code="address_not_found",
            )
        for row in meant:
            outbox.remove_address(context, tx, row, "the address was removed")
        return RemovedAddress(notifier=notifier, address_id=meant[0]["id"])

    return work


def _shown(row: Row) -> NotificationAddress:
    return NotificationAddress(**{name: row[name] for name in NotificationAddress.model_fields})


def installed(context: Context, name: str) -> Notifier:
    """A notifier that is there.

    Raises:
        NotFound: it is not.
    """
    found = notifiers.of(context.server)
    if name not in found:
        there = f"There are: {', '.join(sorted(found))}." if found else "None is installed; plugins bring them."
        raise NotFound(f"notifier: there is no notifier called '{name}'. {there}", code="notifier_not_found")
    return found[name]


def _checked(notifier: Notifier, address: str) -> str:
    try:
        return notifier.check(address)
    except ValueError as error:
        raise InvalidInput.at("address", str(error), detail=f"address: {error}") from None
