"""Granting a run to the runner that asks for one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import Conflict, Context, Row, Transaction, Work, operation, present

from ... import homes, machines
from ...events import RunBegun
from .. import moving, queries, showing
from ..folding import Fold
from ..models import Begun
from .settling import end

Short = Annotated[str, Field(min_length=1, max_length=200)]


@operation(internal=True)
async def begin_run(
    context: Context, machine: Short, agent: Short, cause: Short, request: Short, resumes: bool = False
) -> Work[Begun]:
    """Grant a run of an agent's program to the runner of its machine.

    A request that was granted before gets the same run. Of an agent there is one run at a time: an earlier one on the
    same machine is lost, since its runner would not ask otherwise; one on another machine has to end first.
    """
    granted = await context.read(queries.by_request, request)
    if granted is None or granted["ended_at"] is not None:
        await homes.gate(context, agent, machine, cause, resumes)

    def work(tx: Transaction) -> Begun:
        row = queries.by_request(tx, request)
        if row is not None and row["ended_at"] is None:
            return Begun(run=row["id"], unfinished=moving.unfinished(tx, agent, machine, row["id"]))
        _clear(context, tx, agent, machine)
        if row is None:
            home = present(homes.find(tx, agent))
            now = context.now()
            run = queries.add(tx, agent, machine, home["runtime"], cause, request, int(resumes), now)
        else:
            run = _reopen(tx, row, context.now())
        began = RunBegun(run_id=run, agent=agent, machine=machine, state="starting", cause=cause)
        context.emit(tx, began, run)
        tx.on_commit(lambda: showing.show(context.team, agent, "starting"))
        return Begun(run=run, unfinished=moving.unfinished(tx, agent, machine, run))

    return work


def _clear(context: Context, tx: Transaction, agent: str, machine: str) -> None:
    """End the run that the agent still has.

    Raises:
        Conflict: it is on another machine.
    """
    row = queries.live_run(tx, agent)
    if row is None:
        return
    if row["machine"] != machine:
        remedy = (
            f"Stop it there, or revoke '{row['machine']}' if that is gone for good."
            if machines.links(context.team).is_connected(row["machine"])
            else "That machine is not connected: start its runner, or revoke it if it is gone for good."
        )
        raise Conflict(f"{agent} has run {row['id']} on machine '{row['machine']}'. {remedy}", code="runs_elsewhere")
    end(context, tx, row, "lost", "Its runner has asked for the next run without telling of the end of this one.")


def _reopen(tx: Transaction, row: Row, now: int) -> int:
    """Go on with a run that was granted before, but whose grant never arrived: it was given up for lost meanwhile.

    Raises:
        Conflict: it has ended in earnest.
    """
    if row["reason"] != "lost":
        raise Conflict(f"request: run {row['id']} was granted for it, and has ended.", code="run_over")
    fold = Fold.revived(row, now)
    queries.update(tx, fold.id, fold.values)
    return fold.id
