"""The loop breaker: agents that keep each other, or themselves, busy are stopped until a person says a word."""

from __future__ import annotations

import json
import logging
from typing import Annotated

from pydantic import Field

from .... import operations
from ....arguments.fields import Limit
from ....errors import NotFound, Refused, TeamError
from ....members.directory import Access
from ....operations import Context, operation
from ....server import Team
from ....storage import Reader, Row, Transaction, Work
from ...messages import Draft, Message, Note, send_notes, server_note
from .. import queries
from ..members import is_watched, managers
from .models import Loop, LoopId, LoopKind, Loops, what_happened
from .watch import Pattern, Watch, watches

log = logging.getLogger(__name__)


class LoopStopped(Refused):
    """The message would have gone on with a loop; ``loop_id`` says which."""

    code, title = "loop_stopped", "Stopped: this looks like a loop"


# -- the rule --------------------------------------------------------------------------------------------------------


async def load(team: Team) -> None:
    """Remember what is stopped in a team."""
    watch = watches[team] = Watch(Context.inside(team).settings("guard"), team.directory)
    for row in await team.database.read(queries.stopped_loops):
        watch.stopped[_pattern(row)] = row["id"]


async def check(context: Context, draft: Draft) -> None:
    """Refuse an agent's message that goes on with a loop; the first one refused is raised to the managers.

    Raises:
        LoopStopped: what to do instead is in its text.
    """
    if not is_watched(context.actor) or draft.edited is not None or context.grant is not None:
        return
    if context.actor.access >= Access.manager and "directive_id" in (draft.metadata or {}):
        return  # nobody keeps a manager from directing it
    watch, now = watches[context.team], context.server.clock.steady()
    # What the server repeats by itself, such as a schedule's message, is meant to be the same.
    for pattern, certain in watch.patterns(draft, repeats=context.surface != "plugin"):
        stopped = watch.exceeded(pattern, draft.sender, now, certain=certain)
        if stopped is not None:
            raise _refusal(context, await _stop(context, watch, stopped))


async def _stop(context: Context, watch: Watch, pattern: Pattern) -> Loop:
    """The stopped loop: the one there is already, or a new one."""
    if pattern in watch.stopped:
        return _loop(await context.read(queries.loop, watch.stopped[pattern]))
    count, seconds = watch.limits[pattern.kind]
    arguments = {
        "kind": pattern.kind,
        "channel": pattern.channel,
        "agents": list(pattern.agents),
        "digest": pattern.digest,
        "count": count,
        "seconds": seconds,
    }
    stopped: Loop = await operations.call(Context.inside(context.team), "stop_loop", arguments)
    return stopped


def _refusal(context: Context, loop: Loop) -> LoopStopped:
    people = ", ".join(agent.name for agent in managers(context.team))
    return LoopStopped(
        f"Not sent: {loop.story()}. The managers know (loop {loop.id}). Do not send it again or by another "
        f"way. Go on with other work, or end your turn. If it cannot wait, tell a manager in a direct message: "
        f"{people}. A person's word in {loop.channel}, or release_loop by a manager, lets it go on.",
        loop_id=loop.id,
    )


async def noticed(context: Context, message: Message) -> None:
    """Remember a message; a person's lets the loops around it go on."""
    watch = watches[context.team]
    watch.noticed(message, context.actor)
    if context.actor.kind != "human":
        return
    for loop_id in watch.released_by(message):
        try:
            await operations.call(Context.inside(context.team, context.actor), "release_loop", {"loop_id": loop_id})
        except TeamError as error:  # the others are to go on all the same
            log.warning("loop %d is not released by a word of %s: %s", loop_id, context.actor.name, error)


# -- operations ------------------------------------------------------------------------------------------------------


@operation(internal=True, profile="guard")
async def stop_loop(
    context: Context,
    kind: LoopKind,
    channel: str,
    agents: Annotated[list[str], Field(min_length=1, max_length=2)],
    count: Annotated[int, Field(ge=1)],
    seconds: Annotated[int, Field(ge=1)],
    digest: str = "",
) -> Work[Loop]:
    """Note that agents are stopped, and tell the managers."""
    pattern = Pattern(kind, channel, tuple(agents), digest)
    told = await _prepare_notes(context, pattern, count, seconds)

    def work(tx: Transaction) -> Loop:
        row = queries.stopped_loop(tx, channel, kind, _names(pattern), digest)
        if row is not None:  # another attempt, at the same moment
            return _loop(row)
        loop_id = queries.insert_loop(tx, kind, channel, _names(pattern), digest, count, seconds, context.now())
        loop = _loop(queries.loop(tx, loop_id))
        send_notes(tx, told)
        _tell(context, tx, "loop.stopped", loop)
        tx.on_commit(lambda: watches[context.team].stopped.update({pattern: loop_id}))
        return loop

    return work


async def _prepare_notes(context: Context, pattern: Pattern, count: int, seconds: int) -> list[Note]:
    """A direct message to each manager."""
    story = what_happened(pattern.kind, pattern.agents, pattern.channel, count, seconds)
    where = "a direct message to one of them" if pattern.channel.startswith("dm:") else "the channel"
    text = (
        f"{story}. What more they send of this is refused. "
        f"A person's word in {where}, release_loop or the page Usage lets them go on."
    )
    notes: list[Note] = []
    for manager in managers(context.team):
        notes += await server_note(context, manager.name, text, about=f"a loop in {pattern.channel}")
    return notes


@operation("POST /api/loops/{loop_id}/release", profile="guard", idempotent=True)
async def release_loop(context: Context, loop_id: LoopId) -> Work[Loop]:
    """Let agents go on that were stopped because they seemed to loop. For people and managers."""
    if context.actor.kind != "human":
        context.require(Access.manager, "release_loop, for anybody but a person,")
    if await context.read(queries.loop, loop_id) is None:
        raise NotFound(f"loop_id: there is no loop {loop_id}; list_loops shows them.", code="loop_not_found")

    def work(tx: Transaction) -> Loop:
        changed = queries.release_loop(tx, loop_id, context.actor.name, context.now())
        row = queries.loop(tx, loop_id)
        loop = _loop(row)
        if changed:
            _tell(context, tx, "loop.released", loop)
            tx.on_commit(lambda: watches[context.team].release(_pattern(row)))
        return loop

    return work


@operation("GET /api/loops", access="manager", profile="guard", read_only=True)
async def list_loops(
    context: Context,
    all: bool = False,
    cursor: Annotated[int, Field(ge=1, le=2**53)] = 2**53,
    limit: Limit = 50,
) -> Loops:
    """List the loops that are stopped, or with all=true those released since, too."""
    return await context.read(_list, all, cursor, limit)


def _list(reader: Reader, everything: bool, cursor: int, limit: int) -> Loops:
    if not everything:
        return Loops(loops=[_loop(row) for row in queries.stopped_loops(reader)], next=None)
    rows = queries.loops(reader, cursor, limit + 1)
    following = rows[limit - 1]["id"] if len(rows) > limit else None
    return Loops(loops=[_loop(row) for row in rows[:limit]], next=following)


def _tell(context: Context, tx: Transaction, kind: str, loop: Loop) -> None:
    whom = dict.fromkeys([*loop.agents, *(agent.name for agent in managers(context.team))])
    context.emit(tx, kind, loop.id, agents=list(whom), data=loop.model_dump(mode="json"))


def _loop(row: Row) -> Loop:
    shown = {name: row[name] for name in Loop.model_fields}
    return Loop.model_validate({**shown, "agents": json.loads(row["agents"])})


def _pattern(row: Row) -> Pattern:
    return Pattern(row["kind"], row["channel"], tuple(json.loads(row["agents"])), row["digest"])


def _names(pattern: Pattern) -> str:
    return json.dumps(pattern.agents, ensure_ascii=False)
