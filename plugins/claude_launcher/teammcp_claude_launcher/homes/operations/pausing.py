"""Pausing all agents: no turn is begun until they are resumed."""

from __future__ import annotations

from teammcp import Context, Transaction, Work, operation

from ...events import AgentsPaused, AgentsResumed
from .. import queries
from ..models import AgentsPause, Why
from ..notes import show, tell
from ..shapes import pause_of


@operation("POST /api/homes/pause", access="manager", profile="launcher", idempotent=True)
async def pause_agents(context: Context, reason: Why = "") -> Work[AgentsPause]:
    """Pause all agents that are run here: turns that run go on, none is begun, and what they are sent waits unread."""

    def work(tx: Transaction) -> AgentsPause:
        queries.set_pause(tx, context.actor.name, context.now(), reason)
        context.emit(tx, AgentsPaused(reason=reason), context.team.name)
        _tell(context, tx)
        return pause_of(queries.pause(tx))

    return work


@operation("POST /api/homes/resume", access="manager", profile="launcher", idempotent=True)
async def resume_agents(context: Context) -> Work[AgentsPause]:
    """Let all agents go on after pause_agents, with what has waited."""

    def work(tx: Transaction) -> AgentsPause:
        if queries.end_pause(tx):
            context.emit(tx, AgentsResumed(), context.team.name)
            _tell(context, tx)
        return pause_of(None)

    return work


@operation("GET /api/homes/pause", access="member", profile="launcher", read_only=True)
async def get_agents_pause(context: Context) -> AgentsPause:
    """See whether all agents are paused, by whom and why."""
    return pause_of(await context.read(queries.pause))


def _tell(context: Context, tx: Transaction) -> None:
    """Tell all runners, and show how agents stand now."""
    tell(context, tx)
    tx.on_commit(lambda: context.team.background(show(context.team)))
