"""What a lease is worth: how long it holds, what ends it, and what becomes of the task then.

A lease is written down when it is given and with each report of progress. Between those, every sign of life of its
holder renews it without a write: a call, or a stream that is open. After a restart everybody counts as alive at that
moment, because nobody could call while the server was down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...clock import rfc3339
from ...storage import Row
from ...team import Team
from .models import Task


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
        return f"no sign of life within {row['lease_seconds']} s, until {rfc3339(end)}"
    if row["progress_due_at"] <= now:
        return f"no progress reported until {rfc3339(row['progress_due_at'])}"
    return None


def given(row: Row, agent: str, now: int) -> dict[str, Any]:
    """The columns of a task that ``agent`` takes."""
    return {
        "status": "doing",
        "assignee": agent,
        "previous_assignee": row["assignee"],
        "lease_agent": agent,
        "fencing_token": row["fencing_token"] + 1,
        **renewed(row, now),
    }


def renewed(row: Row, now: int) -> dict[str, Any]:
    """The columns of a task on which progress is reported."""
    return {
        "lease_expires_at": now + row["lease_seconds"] * 1000,
        "progress_due_at": now + row["progress_seconds"] * 1000,
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
