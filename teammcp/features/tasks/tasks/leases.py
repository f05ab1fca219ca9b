"""What a lease is worth: how long it holds, what ends it, and what becomes of the task then.

A lease is written down when it is given and with each report of progress. Between those, every sign of life of its
holder renews it without a write: a call, or a stream that is open. After a restart everybody counts as alive at that
moment, and has as long as after a claim to report progress, because nobody could call while the server was down. The
same goes for a server that stood still, and for a clock that was set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....clock import rfc3339
from ....members.directory import Agent
from ....server import Team
from ....storage import Row
from .models import Task

PATIENCE = 7 * 24 * 3600
"""Seconds that a person is given: people go home without a word, and come back."""


def expires_at(team: Team, row: Row) -> int:
    """The moment at which the lease of a task ends unless its holder gives another sign of life."""
    return _end(team, row["lease_agent"], row["lease_expires_at"], row["lease_seconds"])


def show_as_of_now(team: Team, tasks: Iterable[Task]) -> None:
    """Let tasks that were read from the database say until when their leases really hold."""
    for task in tasks:
        if task.lease is not None:
            written = task.lease.lease_expires_at
            task.lease.lease_expires_at = _end(team, task.lease.agent, written, task.lease_seconds)


def _end(team: Team, agent: str, written: int, seconds: int) -> int:
    alive = max(team.opened_at, team.presence.alive_until(agent) or 0)
    return max(written, alive + seconds * 1000)


def why_over(team: Team, row: Row, now: int) -> str | None:
    """Why the lease of a task is over at ``now``, for people to read; None while it holds."""
    if (end := expires_at(team, row)) <= now:
        return f"no sign of life until {rfc3339(end)}"
    due = max(row["progress_due_at"], team.opened_at + row["progress_seconds"] * 1000)
    if due <= now:
        return f"no progress reported until {rfc3339(due)}"
    return None


def given(row: Row, agent: Agent, now: int) -> dict[str, Any]:
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
    person = agent.kind == "human"
    return {
        "lease_expires_at": now + (PATIENCE if person else row["lease_seconds"]) * 1000,
        "progress_due_at": now + (PATIENCE if person else row["progress_seconds"]) * 1000,
        "worked_at": now,
    }


def given_back(team: Team, row: Row) -> dict[str, Any]:
    """The columns of a task that goes back to where it was taken from; to anybody, if that member has left."""
    before = team.directory.agent(row["previous_assignee"] or "")
    return {"status": "todo", "assignee": None if before is None or before.retired else before.name, **ENDED}


ENDED: dict[str, Any] = {
    "lease_agent": None,
    "lease_expires_at": None,
    "progress_due_at": None,
    "previous_assignee": None,
}
"""The columns of a task without a lease. Its token is dead; the next one is greater."""
