"""Agents' output: what a program prints while it works, the last of it, for those who look after the agent.

The texts stand in one table and nowhere else: the events only count, so that what has been pushed out is gone.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from ....errors import Forbidden, NotFound
from ....events import Event
from ....members.directory import Access
from ....operations import Context, operation
from ....operations.budget import Budget
from ....storage import Reader, Transaction, Work
from ....surfaces.streams import ends, require_valid
from ...channels import MemberRef, find_agent
from ..directives.changes import visible
from ..directives.models import DirectiveId
from ..events import AgentOutput
from ..settings import DirectiveSettings
from . import queries
from .models import AgentErrors, Appended, Chunk, Output, OutputKind, OutputSeq, OutputText
from .redaction import redact


@operation("POST /api/agent-output", profile="directives")
async def append_output(context: Context, text: OutputText, directive_id: DirectiveId | None = None) -> Work[Appended]:
    """Show what you are doing to those who look after you: a piece of your output. Keys and passwords are taken out."""
    return await _append(context, "output", text, directive_id)


@operation("POST /api/agent-error", profile="directives", tool=False)
async def append_error(context: Context, text: OutputText, directive_id: DirectiveId | None = None) -> Work[Appended]:
    """As append_output, for what went wrong."""
    return await _append(context, "error", text, directive_id)


async def _append(context: Context, kind: OutputKind, text: str, directive_id: int | None) -> Work[Appended]:
    me = context.actor.name
    if directive_id is not None and (await visible(context, directive_id))["worker"] != me:
        raise NotFound(f"directive_id: directive {directive_id} is not yours to do.", code="directive_not_found")
    settings: DirectiveSettings = context.settings("directives")
    # Others go on meanwhile: a pattern of the settings may take its time over a long text.
    clean = await asyncio.to_thread(redact, text, settings.redact)

    def work(tx: Transaction) -> Appended:
        newest = queries.head(tx, me)
        seq, before = (0, 0) if newest is None else tuple(newest)
        seq, total = seq + 1, before + len(clean.encode())
        queries.append(tx, me, seq, kind, directive_id, clean, total, context.now())
        kept_behind = min(total - settings.output_bytes, before)  # the newest chunk stays, however long it is
        queries.forget(tx, me, seq - settings.output_chunks, kept_behind)
        context.emit(tx, AgentOutput(seq=seq, kind=kind), me, agents=_watchers(context, me))
        return Appended(seq=seq, redacted=clean != text)

    return work


@operation("GET /api/agent-output/{agent}", profile="directives", read_only=True, holds=True)
async def get_agent_output(
    context: Context,
    agent: MemberRef,
    since_seq: OutputSeq | None = None,
    wait_ms: Annotated[int, Field(ge=0, le=30_000)] = 0,
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
) -> Output:
    """See what an agent puts out, for managers and the agent itself: the last of it, or what is behind since_seq.

    wait_ms waits for more if there is none.
    """
    name = _watched(context, agent)
    loses = ends(context)

    def wants(event: Event) -> bool:
        return (event.kind == "agent.output" and event.subject == name) or loses(event)

    # Subscribed before looking, so that nothing slips between.
    with context.team.presence.connected(context.actor.name), context.team.hub.subscribe(wants) as news:
        found = await context.read(_read, context.budget(), name, since_seq, limit)
        if not found.chunks and wait_ms and await news.next(wait_ms / 1000):
            require_valid(context)
            found = await context.read(_read, context.budget(), name, since_seq, limit)
    return found


@operation("GET /api/agent-errors/{agent}", profile="directives", read_only=True, tool=False)
async def get_agent_errors(
    context: Context, agent: MemberRef, limit: Annotated[int, Field(ge=1, le=500)] = 50
) -> AgentErrors:
    """See what went wrong for an agent, the last first, for managers and the agent itself."""
    name = _watched(context, agent)
    rows = await context.read(queries.errors, name, limit)
    return AgentErrors(agent=name, errors=[Chunk(**dict(row)) for row in rows])


def _watched(context: Context, agent: str) -> str:
    """The name of an agent whose output the actor may see."""
    name = find_agent(context, agent, "agent", retired=True).name
    if context.actor.name != name and context.actor.access < Access.manager:
        raise Forbidden(f"agent: the output of {name} is for managers and {name} alone.", code="not_yours")
    return name


def _read(reader: Reader, budget: Budget, agent: str, since_seq: int | None, limit: int) -> Output:
    newest = queries.head(reader, agent)
    head = 0 if newest is None else newest["seq"]
    rows = queries.since(reader, agent, head - limit if since_seq is None else since_seq, limit)
    chunks = [Chunk(**dict(row)) for row in rows]
    if since_seq is None:  # the last of it
        return Output(agent=agent, chunks=budget.fit(reversed(chunks))[::-1], head_seq=head)
    return Output(agent=agent, chunks=budget.fit(chunks), head_seq=head)


def _watchers(context: Context, name: str) -> list[str]:
    """Who may see the output of an agent."""
    return sorted({agent.name for agent in context.team.directory.managers} | {name})
