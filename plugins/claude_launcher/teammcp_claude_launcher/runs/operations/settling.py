"""Comparing what lives on a machine with what is thought to live there."""

from __future__ import annotations

from teammcp import Context, Reader, Row, Transaction, Work, operation

from ... import homes
from ...entries import ENTRY, Ended, EndReason, RunState, State, TurnOver
from ...sentences import UNKNOWN_TO_RUNNER
from .. import concluding, queries, showing
from ..folding import Fold
from ..models import Settled


@operation(internal=True)
async def settle_machine(context: Context, machine: str, runs: list[int]) -> Work[Settled]:
    """Take note of which runs live on a machine; all its others have ended, without that anybody knows how."""

    def work(tx: Transaction) -> Settled:
        alive = set(runs)
        lost = [row for row in queries.live_on(tx, machine) if row["id"] not in alive]
        for row in lost:
            end(context, tx, row, "lost", UNKNOWN_TO_RUNNER())
        found = [run_id for run_id in runs if _revive(context, tx, machine, run_id)]
        living, there = queries.live_on(tx, machine), homes.homes_on(tx, machine)
        tx.on_commit(lambda: showing.show_machine(context.team, living, there))
        return Settled(lost=[row["id"] for row in lost], found=found)

    return work


def end(context: Context, tx: Transaction, row: Row, reason: EndReason, detail: str) -> None:
    """End a run on the server's own word."""
    fold = Fold(row, context.now())
    fold.end(Ended(reason=reason, detail=detail))
    concluding.conclude(context, tx, fold)


def _revive(context: Context, tx: Transaction, machine: str, run_id: int) -> bool:
    """Take back that a run was lost which lives after all; whether that was so."""
    row = queries.run(tx, run_id)
    if row is None or row["machine"] != machine or row["reason"] != "lost" or queries.live_run(tx, row["agent"]):
        return False
    fold = Fold.revived(row, context.now())
    fold.add(State(state=_state(tx, row)), context.now())
    concluding.conclude(context, tx, fold)
    return True


def _state(reader: Reader, row: Row) -> RunState:
    """What a run does, by what its runner has told of its turns."""
    if row["started_at"] is None:
        return "starting"
    told = queries.of_turns(reader, row["id"], 1)
    return "idle" if not told or isinstance(ENTRY.validate_json(told[0]), TurnOver) else "working"
