"""The directory's picture of the channels and their members: always made of the rows as they are."""

from __future__ import annotations

from ...members.directory import Channel
from ...server import Team
from ...storage import Row, Transaction
from . import queries


async def load(team: Team) -> None:
    """Show all channels and members of a team that is being opened."""
    team.directory.put_channels(map(channel_of, await team.database.read(queries.all_channels)))
    memberships = await team.database.read(queries.all_members)
    team.directory.join_each((row["channel_id"], row["agent"]) for row in memberships)


def channel_of(row: Row) -> Channel:
    """A channel as the directory holds it."""
    return Channel(row["id"], row["kind"], row["archived_at"] is not None)


def mirror(team: Team, tx: Transaction, channel_id: str) -> Channel:
    """The channel as this transaction leaves it, which the directory shows from the commit on."""
    row = queries.channel(tx, channel_id)
    assert row is not None  # noqa: S101 - the caller has just written it
    channel = channel_of(row)
    tx.on_commit(lambda: team.directory.put_channel(channel))
    return channel
