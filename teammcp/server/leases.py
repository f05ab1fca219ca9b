"""What a lease is worth: how long somebody keeps what it has taken on, a task or a directive.

A lease is written down when it is given, and when its holder reports progress. Between those, every sign of life of its
holder renews it without a write: a call, or a stream that is open. After a restart everybody counts as alive at that
moment, because nobody could call while the server was down. The same goes for a server that stood still, and for a
clock that was set.
"""

from __future__ import annotations

from ..members.directory import Agent
from ..storage import Row
from .team import Team

HUMAN_LEASE_SECONDS = 7 * 24 * 3600
"""Seconds that a person is given: people go home without a word, and come back."""


def seconds_for(agent: Agent, seconds: int) -> int:
    """For how long a member is given something that programs are given for ``seconds``."""
    return HUMAN_LEASE_SECONDS if agent.kind == "human" else seconds


def lease_end(team: Team, holder: str, written: int, seconds: int) -> int:
    """The moment at which a lease ends unless its holder gives another sign of life.

    Args:
        team: whose member the holder is.
        holder: who has taken it.
        written: the end that was written down, in UTC milliseconds.
        seconds: how long a sign of life renews it.
    """
    alive = max(team.opened_at, team.presence.alive_until(holder) or 0)
    return max(written, alive + seconds * 1000)


def lease_end_of(team: Team, row: Row) -> int:
    """The same of a row that has the columns lease_agent, lease_expires_at and lease_seconds."""
    return lease_end(team, row["lease_agent"], row["lease_expires_at"], row["lease_seconds"])
