"""From the log to the outbox, and from the outbox to the notifiers: by the server's job, beside all requests.

The log is gone through event by event, and how far is noted in the transaction that fills the outbox: so nobody who
sends waits for it, and a crash at any moment neither loses a notification nor queues it twice. A crash between handing
one over and noting that can deliver it twice, with the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from pydantic import Field

from ...errors import Conflict
from ...events.log import Event, read_since
from ...models import Text
from ...operations import Context, operation
from ...storage import Reader, Row, Transaction, Work
from ...team import Server, Team
from . import notifiers, queries
from .models import REASONS, NotificationId, NotificationInfo, Outcome, QueuedNotifications, Reason
from .notifiers import Notification, TryLater, Undeliverable

PAGE = 500
"""Events that are gone through in one transaction."""
SHOWN = 1000
"""Characters of a message that stand in a notification."""
PATIENCE = 30.0
"""Seconds that one delivery may take."""
RETRY = 30_000
"""Milliseconds until the second attempt, doubled each time, and until anything else is tried by that notifier."""
LONGEST = 3_600_000
HOUR = 3_600_000
NEVER = 2**63 - 1

log = logging.getLogger(__name__)


class Outbox:
    """What is known of a team's outbox, so that nothing is asked of the database while nothing happens."""

    def __init__(self) -> None:
        self.seen = -1
        """The newest event when the log was last gone through."""
        self.due = 0
        """When to look into the database next."""
        self.busy: set[str] = set()
        """By which notifiers something is being delivered."""
        self.paused: dict[str, int] = {}
        """Until when nothing is to be tried by a notifier."""


_outboxes: WeakKeyDictionary[Team, Outbox] = WeakKeyDictionary()


async def work_off(server: Server) -> None:
    """The job: queue what is to be notified of, and deliver what is due. Waits for no notifier."""
    if not notifiers.of(server):
        return
    for team in list(server.teams.values()):
        outbox = _outboxes.setdefault(team, Outbox())
        try:
            await _queue(team, outbox)
            await _deliver(team, outbox)
        except Exception:
            log.exception("the notifications of team %s could not be looked at", team.name)
            outbox.seen, outbox.due = -1, 0


# -- queueing --------------------------------------------------------------------------------------------------------


async def _queue(team: Team, outbox: Outbox) -> None:
    newest = team.hub.last_id
    if newest == outbox.seen:
        return
    more: bool = await team.database.read(queries.anybody)
    while more:
        done: QueuedNotifications = await Context.inside(team).call("queue_notifications")
        more = done.more
        if done.queued:
            outbox.due = 0
    outbox.seen = newest


@operation(internal=True, profile="notifications")
async def queue_notifications(context: Context) -> Work[QueuedNotifications]:
    """Go on through the log and queue what members are to be notified of."""

    def work(tx: Transaction) -> QueuedNotifications:
        events = read_since(tx, queries.progress(tx), PAGE)
        addresses = queries.addresses(tx)
        queued = sum(_queue_event(context, tx, event, addresses) for event in events)
        if events:
            queries.set_progress(tx, events[-1].id)
        return QueuedNotifications(queued=queued, more=len(events) == PAGE)

    return work


def _queue_event(context: Context, tx: Transaction, event: Event, addresses: list[Row]) -> int:
    """Queue what follows from one event; how many notifications that are."""
    if event.kind == "message.deleted":
        for row in queries.waiting_of_message(tx, int(event.subject)):
            _settle(context, tx, row, row["attempts"], "given_up", "the message was deleted")
    if event.kind == "agent.retired":
        for name in queries.addresses_of(tx, event.subject):
            queries.remove_address(tx, event.subject, name)
            drop_address(context, tx, event.subject, name)
    if event.kind != "message.sent":
        return 0
    wanted = list(_wanted(event, addresses))
    for address, reason in wanted:
        number = queries.insert(
            tx,
            address["agent"],
            address["notifier"],
            address["address"],
            reason,
            int(event.subject),
            str(event.channel),
            event.actor,
            event.data["content"][:SHOWN],
            context.now(),
        )
        _tell(context, tx, "queued", queries.notification(tx, number))
    return len(wanted)


def _wanted(event: Event, addresses: list[Row]) -> Iterator[tuple[Row, Reason]]:
    """Whom a message is to be brought to, and why."""
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
        return str(event.channel).startswith("dm:")
    return not {agent, "all"}.isdisjoint(event.data["mentions"])


# -- delivering ------------------------------------------------------------------------------------------------------


async def _deliver(team: Team, outbox: Outbox) -> None:
    """Have what is due delivered in the background, by each notifier for itself."""
    now = team.server.clock.now()
    if outbox.due > now:
        return
    outbox.due = NEVER
    names, following = await team.database.read(_look, now)
    outbox.due = min(outbox.due, NEVER if following is None else following)
    for name in names:
        if outbox.paused.get(name, 0) > now:
            outbox.due = min(outbox.due, outbox.paused[name])
        elif name not in outbox.busy:
            outbox.busy.add(name)
            team.server.background(_deliver_by(team, outbox, name))


def _look(reader: Reader, now: int) -> tuple[list[str], int | None]:
    return queries.due_notifiers(reader, now), queries.next_attempt(reader, now)


async def _deliver_by(team: Team, outbox: Outbox, name: str) -> None:
    """Deliver what is due by one notifier, one after the other; stop where it has to wait."""
    wait = RETRY / 1000
    try:
        wait = await _deliver_until(team, name)
    except Exception:  # the disk is full, say: what was handed over must not be handed over again each second
        log.exception("the notifications of team %s by %s have to wait", team.name, name)
    finally:
        outbox.busy.discard(name)
        outbox.paused[name] = team.server.clock.now() + int(wait * 1000)
        outbox.due = 0


async def _deliver_until(team: Team, name: str) -> float:
    """For how many seconds it has to wait; 0 if nothing is left."""
    wait = 0.0
    while not wait:
        row = await team.database.read(queries.first_due, name, team.server.clock.now())
        if row is None:
            break
        wait = await _attempt(Context.inside(team), row)
    return wait


async def _attempt(context: Context, row: Row) -> float:
    """Try one notification and note what came of it. For how many seconds nothing else is to be tried, 0 to go on."""
    outcome: Outcome | None = None
    error, wait = "", 0.0
    try:
        await _hand_over(context, row)
        outcome = "delivered"
    except Undeliverable as failure:
        outcome, error = "failed", str(failure)
    except TryLater as later:
        error, wait = str(later), max(later.seconds, 1)
    except Exception as failure:  # noqa: BLE001 - a plugin's; it is noted, and tried again
        error, wait = f"{type(failure).__name__}: {failure}", RETRY / 1000
        log.warning("notification %d by %s was not delivered: %s", row["id"], row["notifier"], type(failure).__name__)
    with contextlib.suppress(Conflict):  # it was given up meanwhile, and that counts
        await context.call("note_delivery", notification_id=row["id"], outcome=outcome, error=error[:500], wait_s=wait)
    return wait


async def _hand_over(context: Context, row: Row) -> None:
    notifier = notifiers.of(context.server).get(row["notifier"])
    if notifier is None:
        raise TryLater(RETRY / 1000, f"the plugin that brings the notifier '{row['notifier']}' is not there")
    if not context.team.directory.can_read(row["agent"], row["channel"]):
        raise Undeliverable(f"{row['agent']} is no longer a member of {row['channel']}")
    async with asyncio.timeout(PATIENCE):
        await notifier.deliver(_notification(context, row))


def _notification(context: Context, row: Any) -> Notification:
    names = ("id", "agent", "address", "reason", "message_id", "channel", "sender", "content")
    return Notification(team=context.team.name, **{name: row[name] for name in names})


@operation(internal=True, profile="notifications")
async def note_delivery(
    context: Context,
    notification_id: NotificationId,
    outcome: Outcome | None = None,
    error: Annotated[Text, Field(max_length=500)] = "",
    wait_s: Annotated[float, Field(ge=0)] = 0,
) -> Work[NotificationInfo]:
    """Note what an attempt to deliver came to."""

    def work(tx: Transaction) -> NotificationInfo:
        row = queries.notification(tx, notification_id)
        if row is None or row["outcome"] is not None:
            raise Conflict(f"notification_id: {notification_id} is settled already.", code="settled")
        attempts, now = row["attempts"] + 1, context.now()
        give_up = row["created_at"] + HOUR * context.settings("notifications").give_up_hours
        if outcome is not None:
            return _settle(context, tx, row, attempts, outcome, error or None)
        if now >= give_up:
            return _settle(context, tx, row, attempts, "given_up", error)
        wait = max(int(wait_s * 1000), min(RETRY * 2 ** min(row["attempts"], 20), LONGEST))
        queries.postpone(tx, notification_id, attempts, min(now + wait, give_up), error)
        return info(queries.notification(tx, notification_id))

    return work


def drop_address(context: Context, tx: Transaction, agent: str, notifier: str) -> None:
    """Give up what waits for an address that is used no more."""
    for row in queries.waiting_of_address(tx, agent, notifier):
        _settle(context, tx, row, row["attempts"], "given_up", "the address was removed")


def _settle(
    context: Context, tx: Transaction, row: Row, attempts: int, outcome: Outcome, error: str | None
) -> NotificationInfo:
    queries.settle(tx, row["id"], attempts, outcome, error, context.now())
    found = queries.notification(tx, row["id"])
    _tell(context, tx, "settled", found, outcome=outcome)
    return info(found)


def info(row: Any) -> NotificationInfo:
    """A row's public shape."""
    shown = {name: row[name] for name in NotificationInfo.model_fields if name != "next_attempt_at"}
    return NotificationInfo(**shown, next_attempt_at=row["next_at"])


def _tell(context: Context, tx: Transaction, what: str, row: Any, **more: Any) -> None:
    """An event for those whom it concerns, and the hook; both without the address."""
    data = {name: row[name] for name in ("id", "agent", "notifier", "reason", "message_id")}
    known = context.team.directory.agents
    audience = [name for name in dict.fromkeys((row["agent"], row["sender"])) if name in known]
    context.emit(tx, f"notification.{what}", row["id"], agents=audience, data={**data, **more})
    told = {"notification": _notification(context, row), **more}
    tx.on_commit(lambda: context.server.tell(f"notification_{what}", team=context.team, **told))
