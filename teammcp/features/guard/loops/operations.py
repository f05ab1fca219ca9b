"""Stopping loops, letting them go on, and looking at them."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from ....arguments.fields import Limit
from ....errors import NotFound
from ....members.directory import Access, is_dm
from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Transaction, Work, present
from ...messages import Note, send_notes, server_note
from ..events import LoopReleased, LoopStopped
from . import queries
from .models import Loop, LoopId, LoopKind, Loops, what_happened
from .shapes import loop_of, pattern_of, remember
from .watch import WATCH, Pattern


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
            return loop_of(row)
        loop_id = queries.insert_loop(tx, kind, channel, _names(pattern), digest, count, seconds, context.now())
        stopped = queries.loop(tx, loop_id)
        loop = loop_of(present(stopped))
        send_notes(tx, told)
        _emit(context, tx, LoopStopped.of(loop))
        tx.on_commit(lambda: remember(context.team.state[WATCH], present(stopped)))
        return loop

    return work


async def _prepare_notes(context: Context, pattern: Pattern, count: int, seconds: int) -> list[Note]:
    """A direct message to each manager."""
    story = what_happened(pattern.kind, pattern.agents, pattern.channel, count, seconds)
    where = "a direct message to one of them" if is_dm(pattern.channel) else "the channel"
    text = (
        f"{story}. What more they send of this is refused. "
        f"A person's word in {where}, release_loop or the page Usage lets them go on."
    )
    notes: list[Note] = []
    for manager in context.team.directory.managers:
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
        loop = loop_of(present(row))
        if changed:
            _emit(context, tx, LoopReleased.of(loop))
            tx.on_commit(lambda: context.team.state[WATCH].release(pattern_of(present(row))))
        return loop

    return work


@operation("GET /api/loops", access="manager", profile="guard", read_only=True)
async def list_loops(
    context: Context,
    all: bool = False,
    cursor: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 50,
) -> Loops:
    """List the loops that are stopped, or with all=true those released since, too."""
    return await context.read(_list, all, cursor, limit)


def _list(reader: Reader, everything: bool, cursor: int, limit: int) -> Loops:
    if not everything:
        return Loops(loops=[loop_of(row) for row in queries.stopped_loops(reader)], next=None)
    rows = queries.loops(reader, cursor, limit + 1)
    following = rows[limit - 1]["id"] if len(rows) > limit else None
    return Loops(loops=[loop_of(row) for row in rows[:limit]], next=following)


def _emit(context: Context, tx: Transaction, loop: LoopStopped | LoopReleased) -> None:
    whom = dict.fromkeys([*loop.agents, *(agent.name for agent in context.team.directory.managers)])
    context.emit(tx, loop, loop.id, agents=list(whom))


def _names(pattern: Pattern) -> str:
    return json.dumps(pattern.agents, ensure_ascii=False)
