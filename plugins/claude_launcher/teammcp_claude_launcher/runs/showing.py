"""What the team sees of an agent whose program a runner runs: its status, and the run itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from teammcp import Context, Reason, Row, Team

from .. import machines
from ..entries import FAILURES, NO_SIGN, Ended, RunState
from ..usage import MICROS
from .ends import ENDS
from .folding import Fold
from .models import Run
from .team_tools import has_used
from .watching import may_watch

ASLEEP = Reason("asleep: a message wakes it")
UNREACHABLE = Reason("its machine cannot be reached")


async def run_of(context: Context, row: Row) -> Run:
    """A run as it is shown."""
    return (await runs_of(context, [row]))[0]


async def runs_of(context: Context, rows: Sequence[Row]) -> list[Run]:
    """Runs as they are shown."""
    heard = await context.read(machines.heard)
    return [_run(context, row, heard.get(row["machine"])) for row in rows]


def _run(context: Context, row: Row, heard_at: int | None) -> Run:
    """One of them. ``heard_at``: when its machine was last heard of."""
    values = {name: row[name] for name in Run.model_fields if name in row.keys()}  # noqa: SIM118 - a row's values
    end = ENDS.get(row["reason"])
    values |= {
        "run_id": row["id"],
        "task_id": row["task"],
        "lacks_tools": bool(row["lacks_tools"]) and not has_used(context, row),
        "heard_at": None,
        "resumed": bool(row["resumed"]),
        "cost_usd": row["cost_micros"] / MICROS,
        "meaning": "" if end is None else end.meaning,
        "remedy": "" if end is None else end.remedy,
    }
    if not may_watch(context, row["agent"], row["channels"]):
        values["last_words"] = ""
    if not may_watch(context, row["agent"], row["all_channels"]):
        values["last_output"] = ""
    if row["ended_at"] is None and not machines.links(context.team).is_connected(row["machine"]):
        was = f"was {row['state']}" + (f": {row['state_reason']}" if row["state_reason"] else "")
        values |= {"state": "unreachable", "state_reason": was, "heard_at": heard_at}
    return Run(**values)


def show(team: Team, agent: str, state: RunState, reason: str = "") -> None:
    """Show what an agent does whose program runs."""
    if not _is_there(team, agent):
        return
    if reason == NO_SIGN:
        team.presence.set_status(agent, "busy", Reason(NO_SIGN), started=True)
    elif state == "working":
        team.presence.set_status(agent, "busy", Reason("at work"), started=True)
    elif state == "waiting":
        about = Reason("permission prompt: %(about)s", reason) if reason else Reason("permission prompt")
        team.presence.set_status(agent, "waiting", about, started=True)
    elif state == "idle":
        team.presence.set_status(agent, "idle", Reason("has nothing to do"), started=True)
    elif state == "starting":
        team.presence.set_status(agent, "busy", Reason("is being started"), started=True)


def show_end(team: Team, agent: str, ended: Ended) -> None:
    """Show that an agent's program has ended."""
    if not _is_there(team, agent):
        return
    end = ENDS[ended.reason]
    if end.wakes and ended.reason != "runner_ended":  # which is gone
        team.presence.set_status(agent, "idle", ASLEEP, started=True)
    elif ended.reason in FAILURES:
        team.presence.set_status(agent, "blocked", Reason("%(about)s", f"{end.title}: {ended.detail}".rstrip(": ")))
    else:
        team.presence.leave(agent, Reason(end.title))


def show_machine(team: Team, living: Iterable[Row], homes: Iterable[Row]) -> None:
    """Show what the agents on a machine do whose runner has just told what lives there."""
    busy = {row["agent"]: row for row in living}
    for row in busy.values():
        show(team, row["agent"], row["state"], row["state_reason"])
    for home in homes:
        if home["agent"] not in busy and home["wanted"]:
            show_home(team, home)


def show_home(team: Team, home: Row, paused_by: str = "") -> None:
    """Show how an agent stands whose program does not run: whether a message wakes it, and why not."""
    agent = home["agent"]
    if not _is_there(team, agent):
        return
    if not home["wanted"]:
        team.presence.leave(agent, Reason(ENDS["stopped"].title))
    elif not machines.links(team).is_connected(home["machine"]):
        team.presence.leave(agent, UNREACHABLE)
    elif home["held"]:
        team.presence.set_status(agent, "blocked", Reason("held: %(about)s", home["held"]))
    elif paused_by:
        team.presence.set_status(agent, "blocked", Reason("paused by %(about)s", paused_by))
    else:
        team.presence.set_status(agent, "idle", ASLEEP, started=True)


def show_unreachable(team: Team, agents: Iterable[str]) -> None:
    """Show that nobody knows what these agents do."""
    for agent in agents:
        if _is_there(team, agent):
            team.presence.leave(agent, UNREACHABLE)


def show_fold(team: Team, fold: Fold) -> None:
    """Show how a run is after a report."""
    agent = fold.values["agent"]
    if fold.ended is not None:
        show_end(team, agent, fold.ended)
    elif not fold.is_over:
        show(team, agent, fold.values["state"], fold.values["state_reason"])


def _is_there(team: Team, agent: str) -> bool:
    found = team.directory.agents.get(agent)
    return found is not None and not found.retired
