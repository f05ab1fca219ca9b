"""Asking to be told of a member, and taking it back."""

from __future__ import annotations

from typing import Any

from ....errors import Conflict, InvalidInput
from ....members.directory import Agent
from ....members.presence import Status
from ....operations import Context, operation
from ....server import Team
from ....storage import Reader, Row, Transaction, Work
from ...channels import MemberRef, find_agent
from .. import queries
from ..events import WatchEnded, WatchSet
from ..latches import armed_at_first, armed_by, holds, occasions_of
from ..memory import WATCHED, Key, key_of
from ..models import Watch, Watches, Watching, What
from .telling import note_occasion

MOST = 100
"""Rows that one member may have."""


@operation("POST /api/agents/{name}/notify-when", profile="wakes", everyday=True, idempotent=True)
async def notify_when(
    context: Context, name: MemberRef, what: What = "idle", always: bool = False, off: bool = False
) -> Work[Watching]:
    """Get a direct message once another member is idle, done or reachable, instead of asking again and again.

    idle: it has nothing to do. done: the turn it is in ends, or a task of it becomes done. reachable: messages reach it
    now, after they did not. always: each time, not only once. off: not any more. If it is so already, the answer says
    so at once.
    """
    whom = _whom(context, name, what)
    me, team = context.actor, context.team
    status, reachable = team.presence.status_of(whom.name), team.presence.reachable(whom.name)
    now = holds(what, status, reachable=reachable)
    if off:
        return lambda tx: _end(context, tx, whom.name, what)

    def work(tx: Transaction) -> Watching:
        row = queries.find(tx, me.name, whom.name, what)
        if now and not always:  # it need not be waited for
            if row is not None:
                _end(context, tx, whom.name, what)
            return Watching(agent=whom.name, what=what, always=False, now=True, watched=False)
        if row is None and len(queries.of_watcher(tx, me.name)) >= MOST:
            raise Conflict(
                f"You are told of {MOST} things already, as many as one member may be; list_notify_when shows them, "
                f"and off=true ends one.",
                code="too_many_watches",
            )
        if always and what != "reachable":
            _refuse_circle(team, tx, me.name, whom.name)
        if row is None:
            team.state[WATCHED].fresh.add((me.name, whom.name, what))
        armed = armed_at_first(what, status, reachable=reachable)
        queries.keep(tx, me.name, whom.name, what, always, armed, context.now())
        if row is None or bool(row["always"]) != always:
            context.emit(tx, WatchSet(what=what, always=always), whom.name, agents=[me.name])
        tx.on_commit(lambda: _begin(team, me.name, whom.name, what))
        return Watching(agent=whom.name, what=what, always=always, now=now, watched=True)

    return work


def _whom(context: Context, name: str, what: What) -> Agent:
    whom = find_agent(context, name, "name")
    if whom.name == context.actor.name:
        raise InvalidInput.at("name", "must be another member: you know what you do yourself")
    if whom.kind == "human" and what == "idle":
        raise InvalidInput.at("what", f"of a person only reachable and done are known, and {whom.name} is one")
    return whom


def _begin(team: Team, watcher: str, whom: str, what: What) -> None:
    """Look at a member from now on, and at what has changed while the row was written."""
    team.state[WATCHED].names.add(whom)
    status, reachable = team.presence.status_of(whom).status, team.presence.reachable(whom)
    team.background(_catch_up(team, (watcher, whom, what), status, reachable))


async def _catch_up(team: Team, row: Key, status: Status, reachable: bool) -> None:
    memory, whom = team.state[WATCHED], row[1]
    async with memory.turn:
        memory.fresh.discard(row)
        await _note(team, whom, arms=armed_by(status), occasions=occasions_of(status))
        await _note(team, whom, **reach(reachable))


def reach(reachable: bool) -> dict[str, list[What]]:
    """What it has to come before, and is the occasion of, that a member can be reached, or cannot."""
    return {"arms": [], "occasions": ["reachable"]} if reachable else {"arms": ["reachable"], "occasions": []}


async def look(team: Team, whom: str, **happened: Any) -> None:
    """Take up what has happened to a member, after all that has happened before."""
    memory = team.state[WATCHED]
    if whom in memory.names:
        async with memory.turn:
            await _note(team, whom, **happened)


async def _note(team: Team, whom: str, **happened: Any) -> None:
    await Context.inside(team).call(note_occasion, name=whom, **happened)


def _refuse_circle(team: Team, reader: Reader, watcher: str, whom: str) -> None:
    """Agents that are told of each other's leisure wake each other for ever, each by being woken.

    Raises:
        Conflict: the one is told of the other already, perhaps by way of others.
    """
    seen, following = set[str](), [whom]
    while following:
        name = following.pop()
        agent = team.directory.agent(name)
        if name in seen or agent is None or agent.kind == "human":
            continue
        if name == watcher:
            raise Conflict(
                f"{whom} is itself told each time of you, or of somebody who is: you would wake each other for ever. "
                "Ask to be told once.",
                code="circle",
            )
        seen.add(name)
        rows = queries.of_watcher(reader, name)
        following += [row["whom"] for row in rows if row["always"] and row["what"] != "reachable"]


def _end(context: Context, tx: Transaction, whom: str, what: What) -> Watching:
    row = queries.find(tx, context.actor.name, whom, what)
    if row is not None:
        queries.end(tx, *key_of(row))
        context.emit(tx, WatchEnded(what=what), whom, agents=[context.actor.name])
    return Watching(agent=whom, what=what, always=False, now=False, watched=False)


@operation("GET /api/notify-when", profile="wakes", read_only=True)
async def list_notify_when(context: Context) -> Watches:
    """List of which members you asked to be told, and of what."""
    rows = await context.read(queries.of_watcher, context.actor.name)
    return Watches(watches=[_watch(row) for row in rows])


def _watch(row: Row) -> Watch:
    return Watch(
        agent=row["whom"],
        what=row["what"],
        always=bool(row["always"]),
        since=row["created_at"],
        told_at=row["told_at"],
    )
