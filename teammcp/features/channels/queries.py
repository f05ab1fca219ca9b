"""The SQL of channels and memberships."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction

COLUMNS = "id, folded, kind, name, description, created_by, created_at, archived_at, last_seq, last_message_at"


def all_channels(reader: Reader) -> list[Row]:
    """Every channel."""
    return reader.all(f"SELECT {COLUMNS} FROM channels ORDER BY id")  # noqa: S608


def all_members(reader: Reader) -> list[Row]:
    """Every membership: agent, channel_id."""
    return reader.all("SELECT agent, channel_id FROM channel_members")


def channel(reader: Reader, channel_id: str) -> Row | None:
    """One channel."""
    return reader.one(f"SELECT {COLUMNS} FROM channels WHERE id = ?", (channel_id,))  # noqa: S608


def ids(reader: Reader) -> list[str]:
    """The ids of all groups and topics."""
    return [row["id"] for row in reader.all("SELECT id FROM channels WHERE kind <> 'dm'")]


def folded_exists(reader: Reader, folded: str) -> bool:
    """Whether an id is taken, whatever its case."""
    return reader.value("SELECT 1 FROM channels WHERE folded = ?", (folded,)) is not None


def insert(
    tx: Transaction, channel_id: str, folded: str, kind: str, name: str, description: str, by: str, at: int
) -> None:
    """Add a channel."""
    tx.execute(
        "INSERT INTO channels (id, folded, kind, name, description, created_by, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (channel_id, folded, kind, name, description, by, at),
    )


def update(tx: Transaction, channel_id: str, name: str, description: str, archived_at: int | None) -> None:
    """Change what may change of a channel."""
    tx.execute(
        "UPDATE channels SET name = ?, description = ?, archived_at = ? WHERE id = ?",
        (name, description, archived_at, channel_id),
    )


def last_place(reader: Reader, channel_id: str) -> int:
    """The sequence number of a channel's newest message."""
    return int(reader.value("SELECT last_seq FROM channels WHERE id = ?", (channel_id,)) or 0)


def open_place(reader: Reader, channel_id: str) -> int | None:
    """The same of a channel that may be written to; None if it is archived."""
    found: int | None = reader.value(
        "SELECT last_seq FROM channels WHERE id = ? AND archived_at IS NULL", (channel_id,)
    )
    return found


def take_place(tx: Transaction, channel_id: str, seq: int, at: int) -> None:
    """Note what is the newest in a channel now."""
    tx.execute("UPDATE channels SET last_seq = ?, last_message_at = ? WHERE id = ?", (seq, at, channel_id))


# -- members ---------------------------------------------------------------------------------------------------------


def add_member(tx: Transaction, channel_id: str, agent: str, at: int) -> bool:
    """Make an agent a member; False if it is one already."""
    added = tx.execute(
        "INSERT INTO channel_members (agent, channel_id, joined_at) VALUES (?, ?, ?)"
        " ON CONFLICT (agent, channel_id) DO NOTHING",
        (agent, channel_id, at),
    )
    return added == 1


def remove_member(tx: Transaction, channel_id: str, agent: str) -> bool:
    """End a membership; False if there was none."""
    return tx.execute("DELETE FROM channel_members WHERE channel_id = ? AND agent = ?", (channel_id, agent)) == 1


def shown_to(reader: Reader, agent: str) -> list[Row]:
    """The channels an agent may read."""
    columns = ", ".join(f"c.{column}" for column in COLUMNS.split(", "))
    return reader.all(
        f"SELECT {columns} FROM channels c LEFT JOIN channel_members m"  # noqa: S608
        " ON m.channel_id = c.id AND m.agent = ? WHERE c.kind = 'group' OR m.agent IS NOT NULL",
        (agent,),
    )
