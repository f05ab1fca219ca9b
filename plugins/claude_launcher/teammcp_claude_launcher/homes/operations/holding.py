"""What the server does with homes by itself: it holds those whose limit is used up, and lets them go on."""

from __future__ import annotations

from teammcp import Context, Result, Transaction, Work, operation

from .. import budgets, keys, queries
from ..notes import hold, hold_all, tell


class Held(Result):
    """How many agents are held, or go on."""

    count: int


@operation(internal=True)
async def hold_agent(context: Context, agent: str) -> Work[Held]:
    """Hold an agent if a limit of its day is used up; let it go on if it is not any more."""
    spent = await budgets.find(context, agent)

    def work(tx: Transaction) -> Held:
        row = queries.home(tx, agent)
        if row is None:
            return Held(count=0)
        if spent is not None and row["wanted"] and not row["held"]:
            hold(context, tx, row, spent.why, spent.until)
            return Held(count=1)
        if spent is None and row["held_until"] is not None:
            hold(context, tx, row, "")
        return Held(count=0)

    return work


@operation(internal=True)
async def hold_agents(context: Context) -> Work[Held] | Held:
    """Hold all agents that are to run, if what they may use together in a day is used up."""
    spent = await budgets.of_team(context)
    if spent is None:
        return Held(count=0)

    def work(tx: Transaction) -> Held:
        return Held(count=hold_all(context, tx, queries.homes(tx), spent.why, spent.until))

    return work


@operation(internal=True)
async def release_homes(context: Context) -> Work[Held] | Held:
    """Let agents go on that were held until a moment that has come."""
    if not await context.read(queries.held_until, context.now()):
        return Held(count=0)

    def work(tx: Transaction) -> Held:
        rows = queries.held_until(tx, context.now())
        for row in rows:
            hold(context, tx, row, "")
        return Held(count=len(rows))

    return work


@operation(internal=True)
async def leave_home(context: Context, agent: str) -> Work[Held]:
    """An agent is no member any more: it has no home, and its key is kept no longer."""
    store = keys.secrets(context)

    def work(tx: Transaction) -> Held:
        row = queries.home(tx, agent)
        if row is None:
            return Held(count=0)
        queries.delete(tx, agent)
        keys.forget(tx, store, agent)
        tell(context, tx, row["machine"])
        return Held(count=1)

    return work
