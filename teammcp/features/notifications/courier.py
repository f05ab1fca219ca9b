"""From the outbox to the notifiers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from ...errors import Conflict
from ...operations import Context
from ...server import Team
from ...storage import Reader, Row, present
from ...web.i18n import speaking
from ..messages import message_row
from . import delivery_queries as deliveries
from . import notifiers, preference_queries, preferences, wording
from . import thing_queries as things
from .models import Outcome
from .notifiers import Accepted, Notification, Notifier, NotNow, Told, TryLater, Undeliverable
from .operations.deliveries import RETRY, begin_delivery, forget_address, note_delivery
from .pace import NEVER, Pace

DELIVERY_TIMEOUT = 30.0
"""Seconds that one delivery may take."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Attempt:
    """What one attempt came to; without an outcome it is made again, after ``wait`` seconds at least.

    ``held``: it was none, since its member cannot be reached for now; then ``wait`` is the most, if there is one.
    """

    outcome: Outcome | None
    error: str = ""
    reference: str = ""
    wait: float | None = 0.0
    held: bool = False


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
    return deliveries.due_notifiers(reader, now), deliveries.next_attempt(reader, now)


async def _deliver_by(team: Team, pace: Pace, name: str) -> None:
    """Deliver what is due by one notifier, to one member after the other; stop where it has to wait."""
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
    """For how many seconds it has to wait; 0 if nothing is left but what comes too soon after the one before."""
    wait = 0.0
    while not wait and not pace.stopping:
        now = team.server.clock.now()
        row = await team.database.read(deliveries.first_due, name, now, pace.resting(name, now))
        if row is None:
            break
        wait = await _attempt(Context.inside(team), pace, row)
    return wait


async def _attempt(context: Context, pace: Pace, row: Row) -> float:
    """Try what is due for a member, and note what came of it. For how many seconds nothing else is to be tried."""
    name, agent = row["notifier"], row["agent"]
    begun = await context.call(begin_delivery, notifier=name, agent=agent)
    if begun.batch is None:
        return 0.0
    came = await _hand_over(context, name, agent, begun.batch)
    if came.outcome in ("handed_over", "accepted"):
        pace.rest(name, agent, context.now() + 1000 * context.settings("notifications").spacing_seconds)
    await context.call(
        note_delivery,
        batch=begun.batch,
        outcome=came.outcome,
        error=_noted(came.error),
        reference=_noted(came.reference),
        wait_s=came.wait,
        held=came.held,
    )
    return 0.0 if came.held or came.wait is None else came.wait


def _noted(said: str) -> str:
    """What a notifier said, as text that can be kept."""
    return said.replace("\x00", "").encode(errors="replace").decode()[:500]


async def _hand_over(context: Context, name: str, agent: str, batch: int) -> _Attempt:
    """Hand a notification over at each address of its member: it has come if it has come to one."""
    notifier = notifiers.of(context.server).get(name)
    if notifier is None:
        return _Attempt(None, f"the plugin that brings the notifier '{name}' is not there", wait=RETRY / 1000)
    told, addresses, language = await context.read(_told, context, name, agent, batch)
    came: list[_Attempt] = []
    for address in addresses:
        with speaking(context.server, language):
            notification = Notification(
                id=batch,
                team=context.team.name,
                agent=agent,
                address=address["address"],
                title=wording.title(told),
                content=wording.content(context.server, told),
                path=told[0].path if len(told) == 1 else "/notifications",
                language=language,
                things=tuple(told),
            )
        came.append(await _at(context, notifier, notification, address["id"]))
    return min(came, key=_rank, default=_Attempt("dropped", "the address was removed"))


def _rank(attempt: _Attempt) -> int:
    """Of several addresses what went best counts; where none took it, what is to be tried again, the soonest first."""
    return 2 * ("accepted", "handed_over", None, "failed").index(attempt.outcome) + attempt.held


async def _at(context: Context, notifier: Notifier, notification: Notification, address_id: int) -> _Attempt:
    try:
        async with asyncio.timeout(DELIVERY_TIMEOUT):
            answer = await notifier.deliver(notification)
    except Undeliverable as failure:
        if failure.gone:
            with contextlib.suppress(Conflict):  # its member has removed it already
                await context.call(forget_address, address_id=address_id)
        return _Attempt("failed", str(failure))
    except TryLater as later:
        return _Attempt(None, str(later), wait=later.seconds)
    except NotNow as later:
        return _Attempt(None, str(later), wait=later.seconds, held=True)
    except Exception as failure:  # noqa: BLE001 - a plugin's; it is noted, and tried again
        kind = type(failure).__name__  # its text may hold a secret of the notifier, such as a URL
        log.warning("notification %d by %s was not delivered: %s", notification.id, notifier.name, kind)
        return _Attempt(None, kind, wait=RETRY / 1000)
    if isinstance(answer, Accepted):
        return _Attempt("accepted", reference=answer.reference)
    return _Attempt("handed_over")


def _told(reader: Reader, context: Context, name: str, agent: str, batch: int) -> tuple[list[Told], list[Row], str]:
    """What a notification tells of, at which addresses, and in which language."""
    waiting = [row["notification_id"] for row in deliveries.of_batch(reader, batch) if row["outcome"] is None]
    rows = things.some(reader, waiting)
    addresses = [row for row in preference_queries.addresses_of(reader, agent) if row["notifier"] == name]
    wanted = preferences.of(reader, context.team.directory.agents[agent])
    return [_thing(reader, row) for row in rows], addresses, wanted.language


def _thing(reader: Reader, row: Row) -> Told:
    words = row["content"]
    if row["message_id"] is not None:
        words = present(message_row(reader, row["message_id"]))["content"]
    shown = ("kind", "path", "message_id", "channel", "sender")
    return Told(content=words, at=row["created_at"], **{name: row[name] for name in shown})
