"""From the outbox to the notifiers."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from ...errors import Conflict
from ...operations import Context
from ...server import Team
from ...storage import Reader, Row
from . import notifiers, outbox, queries
from .models import Outcome
from .notifiers import TryLater, Undeliverable
from .operations.deliveries import RETRY, note_delivery
from .pace import NEVER, Pace

DELIVERY_TIMEOUT = 30.0
"""Seconds that one delivery may take."""

log = logging.getLogger(__name__)


async def deliver(team: Team, pace: Pace) -> None:
    """Have what is due delivered in the background, by each notifier for itself."""
    now = team.server.clock.now()
    if pace.due > now or pace.stopping:
        return
    pace.due = NEVER
    names, following = await team.database.read(_look, now)
    pace.due = min(pace.due, NEVER if following is None else following)
    for name in names:
        if pace.paused.get(name, 0) > now:
            pace.due = min(pace.due, pace.paused[name])
        elif name not in pace.busy:
            pace.busy.add(name)
            team.background(_deliver_by(team, pace, name))


def _look(reader: Reader, now: int) -> tuple[list[str], int | None]:
    return queries.due_notifiers(reader, now), queries.next_attempt(reader, now)


async def _deliver_by(team: Team, pace: Pace, name: str) -> None:
    """Deliver what is due by one notifier, one after the other; stop where it has to wait."""
    wait = RETRY / 1000
    try:
        wait = await _deliver_until(team, pace, name)
    except Exception:  # the disk is full, say: what was handed over must not be handed over again each second
        log.exception("the notifications of team %s by %s have to wait", team.name, name)
    finally:
        pace.busy.discard(name)
        pace.paused[name] = team.server.clock.now() + int(wait * 1000)
        pace.due = 0


async def _deliver_until(team: Team, pace: Pace, name: str) -> float:
    """For how many seconds it has to wait; 0 if nothing is left."""
    wait = 0.0
    while not wait and not pace.stopping:
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
        error, wait = str(later), later.seconds
    except Exception as failure:  # noqa: BLE001 - a plugin's; it is noted, and tried again
        error, wait = type(failure).__name__, RETRY / 1000  # its text may hold a secret of the notifier, such as a URL
        log.warning("notification %d by %s was not delivered: %s", row["id"], row["notifier"], type(failure).__name__)
    with contextlib.suppress(Conflict):  # it was given up meanwhile, and that counts
        await context.call(note_delivery, notification_id=row["id"], outcome=outcome, error=_noted(error), wait_s=wait)
    return wait


def _noted(error: str) -> str:
    """What a notifier said, as text that can be kept."""
    return error.replace("\x00", "").encode(errors="replace").decode()[:500]


async def _hand_over(context: Context, row: Row) -> None:
    notifier = notifiers.of(context.server).get(row["notifier"])
    if notifier is None:
        raise TryLater(RETRY / 1000, f"the plugin that brings the notifier '{row['notifier']}' is not there")
    if not context.team.directory.can_read(row["agent"], row["channel"]):
        raise Undeliverable(f"{row['agent']} is no longer a member of {row['channel']}")
    async with asyncio.timeout(DELIVERY_TIMEOUT):
        await notifier.deliver(outbox.notification_of(context, row))
