"""What the runs of an agent mean for its home."""

from __future__ import annotations

from collections.abc import Iterable

from teammcp import Context, Reader, Row, Team, Transaction, Work, excerpt

from .. import machines, runs, sentences
from ..entries import FAILURES, EndReason
from ..events import HomeChanged
from ..settings import PLUGIN, LauncherSettings
from . import keys, queries
from .models import HomeLimits

WHY = 400
DETAIL = 250
"""Of it, what a run says itself: the remedy behind it is to be read, too."""


def note_end(context: Context, tx: Transaction, agent: str, reason: EndReason, detail: str, crashes: int) -> None:
    """A run has ended: hold the agent if it has failed too often, or used more than it may.

    Args:
        context: of the server's.
        tx: the transaction that notes the end.
        agent: whose run it was.
        reason: why it ended.
        detail: the same in a sentence.
        crashes: how many of its runs have ended by failures in the last five minutes, with this one.
    """
    row = queries.home(tx, agent)
    if row is None or row["held"] or not row["wanted"]:
        return
    if reason == "over_limit":
        hold(context, tx, row, detail or sentences.USED_UP_RUN())
    elif reason in FAILURES and crashes > _restarts(context, row):
        failed = sentences.FAILED if crashes == 1 else sentences.FAILED_OFTEN
        hold(context, tx, row, failed(count=crashes, detail=excerpt(detail, DETAIL)))


async def forget_machine(context: Context, machine: str) -> Work[list[str]]:
    """The work that takes their homes from all agents on a machine that is trusted no longer; their names.

    Each gets a new key, since the machine had the old one.
    """
    rows = await context.read(queries.homes_on, machine)
    renewing = {row["agent"]: await keys.replaced(Context.inside(context.team), row["agent"]) for row in rows}

    def work(tx: Transaction) -> list[str]:
        for row in queries.homes_on(tx, machine):
            if row["agent"] in renewing:
                renewing[row["agent"]](tx)
            queries.stop(tx, row["agent"], context.now())
            hold(context, tx, row, sentences.MACHINE_REVOKED(machine=machine))
        return sorted(renewing)

    return work


def is_homeless(row: Row) -> bool:
    """Whether an agent is held because its machine is trusted no longer."""
    return sentences.MACHINE_REVOKED.values_in(row["held"]) is not None


def hold(context: Context, tx: Transaction, row: Row, why: str, until: int | None = None) -> None:
    """Begin nothing for an agent, until a moment or until it is started again. No reason lets it go on."""
    said = excerpt(why, WHY)
    queries.hold(tx, row["agent"], said, until, context.now())
    changed(context, tx, row["agent"])


def hold_all(context: Context, tx: Transaction, rows: Iterable[Row], why: str, until: int | None = None) -> int:
    """Hold those of these agents that are to run and are not held yet; how many that were."""
    running = [row for row in rows if row["wanted"] and not row["held"]]
    for row in running:
        hold(context, tx, row, why, until)
    return len(running)


def hold_team(context: Context, tx: Transaction, assembly: int, why: str) -> int:
    """Begin nothing for any agent of an assembled team; how many that were."""
    return hold_all(context, tx, queries.members(tx, assembly), why)


def let_go(context: Context, tx: Transaction, assembly: int) -> None:
    """Let the agents of an assembled team go on that are held."""
    for row in queries.members(tx, assembly):
        if row["held"]:
            hold(context, tx, row, "")


def changed(context: Context, tx: Transaction, agent: str) -> None:
    """Tell that a home has changed: an event, and its runner."""
    row = queries.home(tx, agent)
    if row is None:
        return
    context.emit(
        tx,
        HomeChanged(
            agent=agent,
            machine=row["machine"],
            runtime=row["runtime"],
            wanted=bool(row["wanted"]),
            held=row["held"],
        ),
        agent,
    )
    tell(context, tx, row["machine"])
    tx.on_commit(lambda: context.team.background(show(context.team, [agent])))


async def show(team: Team, agents: Iterable[str] | None = None) -> None:
    """Show how agents stand whose programs do not run; all that have a home if none are named.

    What their runs tell comes before that, and is told by themselves.
    """
    context = Context.inside(team)
    rows, pause = await context.read(_resting, agents)
    for row in rows:
        runs.show_home(team, row, "" if pause is None else pause["paused_by"])


def _resting(reader: Reader, agents: Iterable[str] | None) -> tuple[list[Row], Row | None]:
    """The homes in which nothing runs now, and the pause of all agents."""
    found = queries.homes(reader) if agents is None else [queries.home(reader, agent) for agent in agents]
    rows = [row for row in found if row is not None and runs.live_run(reader, row["agent"]) is None]
    return rows, queries.pause(reader)


def tell(context: Context, tx: Transaction, machine: str | None = None) -> None:
    """Have the runner of a machine hear its orders anew once this is durable; those of all machines without one."""
    team = context.team
    tx.on_commit(lambda: machines.links(team).changed(machine))


def _restarts(context: Context, row: Row) -> int:
    settings: LauncherSettings = context.settings(PLUGIN)
    return HomeLimits.model_validate_json(row["limits"]).over(settings).restarts
