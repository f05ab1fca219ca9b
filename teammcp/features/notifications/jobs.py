"""The server's job: from the log to the outbox, and from the outbox to the notifiers, beside all requests.

The log is gone through event by event, and how far is noted in the transaction that fills the outbox: so nobody who
sends waits for it, and a crash at any moment neither loses a notification nor queues it twice. A crash between handing
one over and noting that can deliver it twice, with the same id.
"""

from __future__ import annotations

import logging

from ...server import Server, Team
from . import notifiers
from .courier import deliver
from .operations.queue import FOLLOWER
from .pace import PACE, Pace
from .preference_queries import anybody

log = logging.getLogger(__name__)


async def work_off(team: Team) -> None:
    """The job: queue what is to be notified of, and deliver what is due. Waits for no notifier."""
    if not notifiers.of(team.server):
        return
    pace = team.state[PACE]
    try:
        await queue(team, pace)
        await deliver(team, pace)
    except Exception:
        pace.seen, pace.due = -1, 0
        raise


async def queue(team: Team, pace: Pace) -> None:
    """Go through what is new in the log."""
    newest = team.hub.last_id
    if newest == pace.seen:
        return
    if await team.database.read(anybody):
        await FOLLOWER.catch_up(team)
    pace.seen = newest


def stop(server: Server) -> None:
    """Begin no other delivery: the server, which waits for the one at hand, is about to stop."""
    for team in server.teams.values():
        team.state[PACE].stopping = True


def look_anew(team: Team) -> None:
    """Forget what was to be waited for: the clock by which it was noted has jumped."""
    team.state[PACE].forget()
