"""Trying whether an agent's idle program can be woken, with a line that says just that."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from ....errors import Conflict
from ....events import Event
from ....operations import Context, operation
from ....storage import Transaction, Work
from ....surfaces.streams import require_valid
from ..bells import SIT
from ..events import WakeTried
from ..models import Wake, WakeTrial
from ..sessions import TOWERS, Session, Tower, Trial
from .ringing import is_off

LOOK = 0.25
"""Seconds after which it is seen at the latest what the helper says."""


@operation("POST /api/wakes/test", access="observer", profile="wakes", tool=False, holds=True)
async def try_wake(context: Context, timeout: Annotated[float, Field(ge=1, le=60)] = 15) -> Work[WakeTrial]:
    """Ring your own idle program once, with a line that says that this is a trial, and see what comes of it.

    Costs one request to the model. Conflict if you are not woken now, are not idle, or have no helper beside a program.
    """
    me, now = context.actor.name, context.now()
    tower = context.team.state[TOWERS].of(me)
    session = await _session(context, tower)
    await context.before("before_wake", Wake(agent=me, session=session.name, rings=0))
    trial = tower.trial = Trial(session.name, f"trial-{now}")
    tower.bell.times.append(now)

    def is_mine(event: Event) -> bool:
        return event.subject == me

    try:
        with context.team.hub.subscribe(is_mine) as news:
            await Context.inside(context.team).call(
                note_tried_wake, agent=me, session=session.name, number=trial.number
            )
            loop = asyncio.get_running_loop()
            until, sign = loop.time() + timeout, False
            while not (trial.failure or sign or news.closed) and (left := until - loop.time()) > 0:
                sign = any(_is_sign(event) for event in await news.next(min(left, LOOK)))
                sign = sign or (session.carries and trial.told and not trial.failure)
    finally:
        if tower.trial is trial:
            tower.trial = None
    require_valid(context)
    found = WakeTrial(
        session=session.name,
        way=session.way,
        taken=trial.taken,
        failure=trial.failure,
        sign=sign,
        milliseconds=context.now() - now if sign else None,
    )
    return lambda tx: found


async def _session(context: Context, tower: Tower) -> Session:
    """Where it is to ring.

    Raises:
        Conflict: it is not to ring now, or can ring nowhere.
    """
    me = context.actor.name
    off, until = await context.read(is_off, me, context.now(), context.actor.time_zone)
    if off:
        why = "waking is switched off for it" if until is None else "it has quiet hours now"
        code = "not_woken" if until is None else "quiet_hours"
        raise Conflict(f"{me} is not woken: {why}. See get_wakes and set_wakes.", code=code)
    session = tower.next
    if session is None:
        raise Conflict(f"{me} has no program with a helper beside it that could be woken now.", code="no_helper")
    doing = context.team.presence.status_of(me).status
    if doing not in SIT:
        raise Conflict(f"{me} is {doing}: only who sits idle is woken. Try it again then.", code="not_idle")
    if tower.trial is not None:
        raise Conflict(f"{me} is being tried already.", code="being_tried")
    hourly = context.settings("wakes").hourly
    if tower.bell.rests_until(hourly, context.now()) is not None:
        raise Conflict(f"{me} was rung {hourly} times in this hour already. Try it again later.", code="rung_enough")
    return session


def _is_sign(event: Event) -> bool:
    """Whether the program has begun a turn."""
    return event.kind == "agent.status" and event.data["status"] == "busy"


@operation(internal=True, profile="wakes")
async def note_tried_wake(context: Context, agent: str, session: str, number: str) -> Work[None]:
    """Tell the helper that it is to ring for a trial."""

    def work(tx: Transaction) -> None:
        context.emit(tx, WakeTried(session=session, number=number), agent)

    return work
