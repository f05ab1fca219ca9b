"""The directory's picture of the members: always made of the rows as they are, never of what a call saw before."""

from __future__ import annotations

from ...members.directory import Access, Agent
from ...server import Team
from ...storage import Reader, Row, Transaction
from . import queries


async def load(team: Team) -> None:
    """Show all members of a team that is being opened."""
    rows = await team.database.read(queries.all_agents)
    team.directory.put_agents((agent_of(row), row["key_hash"]) for row in rows)
    team.directory.stored = stored


def agent_of(row: Row) -> Agent:
    """A member as the directory holds it."""
    retired = row["retired_at"] is not None
    return Agent(row["name"], row["kind"], row["role"], Access(row["access"]), retired, row["time_zone"])


def stored(reader: Reader, name: str) -> Agent | None:
    """The member of that name as the database has it at this moment."""
    row = queries.agent(reader, name)
    return None if row is None else agent_of(row)


def mirror(team: Team, tx: Transaction, name: str) -> Agent:
    """The member as this transaction leaves it, which the directory shows from the commit on.

    Works are run one after the other, and so are their callbacks: whoever changed it last is who is seen.
    """
    row = queries.agent(tx, name)
    assert row is not None  # noqa: S101 - the caller has just written it
    agent = agent_of(row)
    tx.on_commit(lambda: team.directory.put_agent(agent, row["key_hash"]))
    return agent
