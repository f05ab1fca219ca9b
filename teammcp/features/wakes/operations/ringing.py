"""What the helper beside an agent's program asks and tells: when to ring, and whether the line was written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from ....arguments import quiet
from ....errors import Refused
from ....events import Event
from ....events.hub import Subscription
from ....members.presence import MemberStatus, Presence, Reason, Status
from ....operations import Context, operation
from ....storage import Reader, Transaction, Work
from ....surfaces.streams import ends, is_valid, require_valid
from ...inbox import Asking, calling, hand_over, newest_due, next_due
from ...messages import messages_by_id
from .. import queries
from ..bells import Bell, Verdict, Waiting, judge
from ..events import WakeRung
from ..models import Noted, Ring, Said, SessionEnded, SessionName, Wake, Way
from ..sessions import TOWERS, Session, Tower, Trial
from ..texts import carried, line, trial
from .failing import note_failed_wake, waiting_messages

LONGEST = 240
SHORTEST = 0.02
"""Seconds that a wait sleeps at least: who waits by other ways is handed a message meanwhile."""
RETURN = 5_000
"""Milliseconds after an agent's good-bye in which the helper of the session that has ended notices its end: one that
waits longer stands beside another."""
TURN = 500
"""Milliseconds after which a session looks whether it is its turn to be rung, while it is that of another."""
REFUSED = 60_000
"""Milliseconds after which plugins that keep it from being rung are asked again."""
AT_ONCE = 10
"""Messages that one line brings."""
SLOW: dict[Way, int] = {"codex_queue": 10_000}
"""Milliseconds more that a sign may take: Codex looks into its queue every ten seconds."""
PRESENCE = {"agent.online", "agent.offline", "agent.status"}
SAID = Reason("its program says so")
OTHER_RUNS = Reason("another session of it runs")

OVERRULED: dict[Said, frozenset[Status]] = {
    "idle": frozenset({"online", "busy", "waiting"}),
    "busy": frozenset({"online", "idle", "blocked", "waiting"}),
    "waiting": frozenset({"online", "idle", "busy"}),
}
"""What a program says of itself -> the statuses that this ends: hooks say nothing of a turn that a person has broken
off, or of a dialog that was closed. What is the same already has a better reason."""


@operation("POST /api/wakes/wait", access="observer", profile="wakes", tool=False, holds=True)
async def wait_for_ring(
    context: Context,
    session: SessionName,
    way: Way,
    carries: bool = False,
    doing: Literal["", Said] = "",
    rung: Annotated[str, Field(max_length=60)] = "",
    failure: Annotated[str, Field(max_length=300)] = "",
    timeout: Annotated[float, Field(ge=0, le=LONGEST)] = 60,
) -> Work[Ring]:
    """Wait until your idle program is to be woken, and get the line to put into its session: for helpers beside it.

    carries: the program has no hook that would bring the messages, so the line brings them; say confirm_messages once
    it has shown that it has them. doing: what the program says of itself. rung: the number of the ring before, whose
    line was written, unless failure says why not.
    """
    me, presence = context.actor.name, context.team.presence
    tower = context.team.state[TOWERS].of(me)
    if rung:
        tower.told(rung, failure)
        if failure and context.reader is not None:  # what the line would have brought, nobody has
            context.team.signs.given_up(context, context.reader.name, surely=True)
    loses = ends(context)

    def wants(event: Event) -> bool:
        return _concerns(event, me) or loses(event)

    with (
        presence.connected(me, session=True),
        context.team.hub.subscribe(wants) as news,
        tower.attend(session, way, carries, context.now),
    ):
        if doing:
            tower.note(session, doing, context.now())
            _follow(presence, me, doing)
        waiting = await _until_due(context, news, tower, session, timeout)
    require_valid(context)
    if waiting is None:
        return lambda tx: Ring()
    if isinstance(waiting, Trial):
        return _tried(context, session, way, waiting.number)
    number = tower.bell.number

    def work(tx: Transaction) -> Ring:
        context.emit(tx, WakeRung(session=session, way=way, number=number, message_id=waiting.newest), me, agents=[me])
        if not carries:
            return Ring(number=number, line=line(number))
        found = hand_over(context, tx, "wake", AT_ONCE)
        return Ring(number=number, line=carried(number, found), messages=found.messages)

    return work


def _tried(context: Context, session: str, way: Way, number: str) -> Work[Ring]:
    me = context.actor.name

    def work(tx: Transaction) -> Ring:
        context.emit(tx, WakeRung(session=session, way=way, number=number, message_id=0), me, agents=[me])
        return Ring(number=number, line=trial(number))

    return work


def _concerns(event: Event, me: str) -> bool:
    """Whether an event may change whether the agent is to be rung."""
    if event.actor != me and me in event.data.get("addressed", ()):
        return True
    return event.subject == me and (event.kind in PRESENCE or event.kind in {"wake.set", "wake.tried"})


async def _until_due(
    context: Context, news: Subscription, tower: Tower, session: str, seconds: float
) -> Waiting | Trial | None:
    """Wait until the session is to be rung; the messages for which it is, or that it is a trial."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while is_valid(context) and not news.closed:
        if (tried := tower.trial_for(session)) is not None:
            return tried
        waiting, at = await _look(context, tower, session)
        if waiting is not None:
            return waiting
        left = deadline - loop.time()
        if left <= 0:
            return None
        later = left if at is None else min(left, max(SHORTEST, (at - context.now()) / 1000))
        if await news.next(later):
            await asyncio.sleep(SHORTEST)
    return None


async def _look(context: Context, tower: Tower, session: str) -> tuple[Waiting | None, int | None]:
    """The messages for which the session is to be rung now, or when to look again at the latest."""
    me, now, bell = context.actor.name, context.now(), tower.bell
    doing = context.team.presence.status_of(me)
    if not doing.here and doing.since is not None and session in tower.sessions:
        if now < doing.since + RETURN:
            return None, doing.since + RETURN
        doing = _stay(context.team.presence, me, [tower.sessions[session]])
    idle_since = tower.idle_beside(session, now)
    if doing.status == "waiting" and idle_since is not None:
        doing = MemberStatus("idle", SAID, idle_since)
    # What a line has brought waits until its helper says that it has arrived: a round is not over by its being handed.
    waiting, comes = await context.read(_read, replace(Asking.of(context), grace=0))
    off, ends_at = await context.read(is_off, me, now, context.actor.time_zone)
    if off:
        return None, ends_at
    verdict, at = judge(bell, waiting, doing, context.settings("wakes"), now)
    if verdict is Verdict.NOTHING:
        return None, comes if at is None else at
    following = tower.next
    if following is None or following.name != session:
        return None, now + TURN
    if verdict is Verdict.GIVE_UP:
        bell.given_up = True
        await _fail(context, bell, bell.failure)
        return None, comes
    try:
        messages = tuple(await context.read(waiting_messages, me))
        await context.before("before_wake", Wake(agent=me, session=session, rings=bell.rings, messages=messages))
    except Refused as refused:
        if bell.may_tell_of_refusal(now):
            bell.refused_at = now
            await _fail(context, bell, refused.detail)
        return None, now + REFUSED
    bell.ring(now, slow=SLOW.get(following.way, 0))
    return waiting, None


async def _fail(context: Context, bell: Bell, why: str) -> None:
    """The senders are told that it was not reached."""
    bell.told = bell.newest
    inside = Context.inside(context.team)
    await inside.call(note_failed_wake, agent=context.actor.name, rings=bell.rings, why=why, newest=bell.newest)


def _read(reader: Reader, asking: Asking) -> tuple[Waiting, int | None]:
    """What waits for an agent, and when there will be something that its last reader may still give a sign of."""
    newest = newest_due(reader, asking)
    if newest is None:
        return Waiting(), next_due(reader, asking)
    [message] = messages_by_id(reader, [newest])
    oldest = next(calling(reader, asking.agent))
    return Waiting(newest, message.created_at, oldest["message_id"]), None


def is_off(reader: Reader, agent: str, now: int, time_zone: str) -> tuple[bool, int | None]:
    """Whether nobody is to wake an agent now, and until when."""
    row = queries.find(reader, agent)
    if row is None:
        return False, None
    if not row["woken"]:
        return True, None
    if row["quiet_from"] is None:
        return False, None
    until = quiet.ends_at(row["quiet_from"], row["quiet_until"], now, time_zone)
    return until is not None, until


@operation("POST /api/wakes/doing", access="observer", profile="wakes", tool=False)
async def note_doing(context: Context, session: SessionName, doing: Said) -> Noted:
    """Say what the program of a session says of itself, when that has changed: for helpers beside it."""
    context.team.state[TOWERS].of(context.actor.name).note(session, doing, context.now())
    return Noted(noted=_follow(context.team.presence, context.actor.name, doing))


def _follow(presence: Presence, me: str, doing: Said) -> bool:
    """Take a program's word for what it does, where hooks do not tell; whether that was news."""
    news = presence.status_of(me).status in OVERRULED[doing]
    if news:
        presence.set_status(me, doing, SAID)
    return news


def _stay(presence: Presence, me: str, others: Sequence[Session]) -> MemberStatus:
    """One session of an agent has ended, with a good-bye perhaps, and others run; what the agent is then."""
    presence.stay(me, OTHER_RUNS)
    said = next((other.said[0] for other in others if other.said is not None), None)
    if said is not None and presence.status_of(me).status == "online":
        presence.set_status(me, said, OTHER_RUNS)
    return presence.status_of(me)


@operation("POST /api/wakes/end", access="observer", profile="wakes", tool=False)
async def end_wakes(context: Context, session: SessionName) -> SessionEnded:
    """Say that the program of a session has ended, which may not have said so itself: for helpers beside it."""
    tower = context.team.state[TOWERS].of(context.actor.name)
    known = tower.sessions.pop(session, None) is not None
    others = tower.of_others(session, context.now())
    if known and others:
        _stay(context.team.presence, context.actor.name, others)
    elif known:
        context.team.presence.leave(context.actor.name, Reason("its program has ended"))
    return SessionEnded(known=known)
