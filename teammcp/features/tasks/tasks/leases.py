"""The lease of a task: what is written down of it, what ends it, and what becomes of the task then.

`teammcp.server.leases` says what a lease is worth. A task's lease also ends when no progress is reported for too long.
After a restart its holder has as long for that as after a claim, because nobody could call while the server was down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....clock import rfc3339
from ....members.directory import Agent
from ....server import Team
from ....server.leases import lease_end, lease_end_of, seconds_for
from ....storage import Row
from .models import Task

ENDED: dict[str, Any] = {
    "lease_agent": None,
    "lease_expires_at": None,
    "progress_due_at": None,
    "previous_assignee": None,
}
"""The columns of a task without a lease. Its token is dead; the next one is greater."""


def show_as_of_now(team: Team, tasks: Iterable[Task]) -> None:
    """Let tasks that were read from the database say until when their leases really hold."""
    for task in tasks:
        if task.lease is not None:
            written = task.lease.lease_expires_at
            task.lease.lease_expires_at = lease_end(team, task.lease.agent, written, task.lease_seconds)


def why_over(team: Team, row: Row, now: int) -> str | None:
    """Why the lease of a task is over at ``now``, for people to read; None while it holds."""
    if (end := lease_end_of(team, row)) <= now:
        return f"no sign of life until {rfc3339(end)}"
    due = max(row["progress_due_at"], team.opened_at + row["progress_seconds"] * 1000)
    if due <= now:
        return f"no progress reported until {rfc3339(due)}"
    return None


def of_claim(row: Row, agent: Agent, now: int) -> dict[str, Any]:
    """The columns of a task that ``agent`` takes."""
    return {
        "status": "doing",
        "assignee": agent.name,
        "previous_assignee": row["assignee"],
        "lease_agent": agent.name,
        "fencing_token": row["fencing_token"] + 1,
        **renewed(row, agent, now),
    }


def renewed(row: Row, agent: Agent, now: int) -> dict[str, Any]:
    """The columns of a task on which ``agent``, its holder, reports progress."""
    return {
        "lease_expires_at": now + seconds_for(agent, row["lease_seconds"]) * 1000,
        "progress_due_at": now + seconds_for(agent, row["progress_seconds"]) * 1000,
        "worked_at": now,
    }


def given_back(team: Team, row: Row) -> dict[str, Any]:
    """The columns of a task that goes back to where it was taken from; to anybody, if that member has left."""
    previous = team.directory.agent(row["previous_assignee"] or "")
    return {"status": "todo", "assignee": None if previous is None or previous.retired else previous.name, **ENDED}
