"""Writing down how a run stands, and telling of it: the table, the events, the hooks, what the team sees."""

from __future__ import annotations

from teammcp import AgentRun, Context, Transaction

from .. import homes, tasks
from ..entries import FAILURE_SECONDS, FAILURES
from ..events import RunChanged, RunEnded, RunEvent, RunStarted
from . import queries, showing
from .ends import ENDS
from .folding import Fold

LOOKED_AT = 100
"""Runs of an agent in that time that are looked at."""
SHORT = 500


def conclude(context: Context, tx: Transaction, fold: Fold) -> None:
    """Write a run down after a report, and tell of what has changed."""
    queries.update(tx, fold.id, fold.values)
    agent: str = fold.values["agent"]
    if fold.conversation is not None:
        homes.set_conversation(tx, agent, fold.conversation)
    tasks.book(context, tx, agent, fold.used)
    if fold.ended is not None:
        failures = _failures(tx, agent, context.now())
        homes.note_end(context, tx, agent, fold.ended.reason, fold.ended.detail[:SHORT], failures)
    _tell(context, tx, fold)
    tx.on_commit(lambda: showing.show_fold(context.team, fold))


def _failures(tx: Transaction, agent: str, now: int) -> int:
    """How many runs of an agent have failed in the last minutes."""
    ends = queries.ends(tx, agent, LOOKED_AT)
    since = now - FAILURE_SECONDS * 1000
    return sum(row["reason"] in FAILURES and row["ended_at"] > since for row in ends)


def _tell(context: Context, tx: Transaction, fold: Fold) -> None:
    if fold.started:
        _emit(context, tx, fold, RunStarted(**_about(fold)))
        _notify(context, tx, fold, "agent_started")
    elif fold.ended is None and fold.has_changed:
        _emit(context, tx, fold, RunChanged(**_about(fold)))
    if fold.ended is not None:
        end = ENDS[fold.ended.reason]
        about = {**_about(fold), "why": fold.ended.detail[:SHORT]}
        _emit(context, tx, fold, RunEnded(**about, reason=fold.ended.reason, exit_code=fold.ended.exit_code))
        _notify(context, tx, fold, "agent_crashed" if end.surprise else "agent_stopped")


def _about(fold: Fold) -> dict[str, object]:
    values = fold.values
    return {
        "run_id": values["id"],
        "agent": values["agent"],
        "machine": values["machine"],
        "state": values["state"],
        "why": values["state_reason"],
    }


def _emit(context: Context, tx: Transaction, fold: Fold, event: RunEvent) -> None:
    context.emit(tx, event, fold.id)


def _notify(context: Context, tx: Transaction, fold: Fold, hook: str) -> None:
    """Tell plugins of the run, once that is durable; of an agent that is not in the team any more nothing is told."""
    values, agent = fold.values, context.team.directory.agent(fold.values["agent"])
    if agent is None:
        return
    run = AgentRun(
        id=fold.id,
        agent=agent,
        machine=values["machine"],
        runtime=values["runtime"],
        reason=values["reason"],
        detail=values["detail"],
        exit_code=values["exit_code"],
    )
    tx.on_commit(lambda: context.notify(hook, run=run))
