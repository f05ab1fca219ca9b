"""The SQL of channels, memberships and cursors. What waits for a member is in the tables of messages."""

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


def add_member(tx: Transaction, channel_id: str, agent: str, seq: int, at: int) -> bool:
    """Make an agent a member who has everything up to ``seq`` behind it; False if it is one already."""
    added = tx.execute(
        "INSERT INTO channel_members (agent, channel_id, joined_at, offered, read, acked) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (agent, channel_id) DO NOTHING",
        (agent, channel_id, at, seq, seq, seq),
    )
    return added == 1


def remove_member(tx: Transaction, channel_id: str, agent: str) -> bool:
    """End a membership, and with it what still waits for the agent there; False if there was none."""
    for waits in ("acked_at", "settled_at"):
        tx.execute(
            f"DELETE FROM deliveries WHERE agent = ? AND channel_id = ? AND {waits} IS NULL",  # noqa: S608
            (agent, channel_id),
        )
    return tx.execute("DELETE FROM channel_members WHERE channel_id = ? AND agent = ?", (channel_id, agent)) == 1


def shown_to(reader: Reader, agent: str) -> list[Row]:
    """The channels an agent may read, with ``acked``: how far it has acknowledged each, None if it is no member."""
    columns = ", ".join(f"c.{column}" for column in COLUMNS.split(", "))
    return reader.all(
        f"SELECT {columns}, m.acked FROM channels c LEFT JOIN channel_members m"  # noqa: S608
        " ON m.channel_id = c.id AND m.agent = ? WHERE c.kind = 'group' OR m.agent IS NOT NULL",
        (agent,),
    )


def acked(reader: Reader, channel_id: str, agent: str) -> int | None:
    """How far an agent has acknowledged a channel; None if it is no member."""
    found: int | None = reader.value(
        "SELECT acked FROM channel_members WHERE agent = ? AND channel_id = ?", (agent, channel_id)
    )
    return found


def unread(reader: Reader, agent: str, channel_id: str, acked: int, last_seq: int) -> int:
    """How many messages of others an agent has not acknowledged.

    The span of sequence numbers less the few that do not count, so that a long backlog costs nothing; and earlier
    messages that an edit has addressed to the agent since.
    """
    late = len(late_calls(reader, agent, channel_id, acked))
    if acked >= last_seq:
        return late
    own = reader.value("SELECT own FROM channel_members WHERE agent = ? AND channel_id = ?", (agent, channel_id))
    deleted = reader.value(
        "SELECT count(*) FROM messages WHERE channel_id = ? AND deleted = 1 AND seq > ? AND sender <> ?",
        (channel_id, acked, agent),
    )
    return int(last_seq - acked - (own or 0) - deleted) + late


def late_calls(reader: Reader, agent: str, channel_id: str, acked: int) -> list[int]:
    """Ids of the messages that were edited to address an agent when it had them behind it already, oldest first."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE agent = ? AND channel_id = ? AND acked_at IS NULL AND message_id <="
        " (SELECT id FROM messages WHERE channel_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1) ORDER BY message_id",
        (agent, channel_id, channel_id, acked),
    )
    return [row["message_id"] for row in rows]


def unread_mentions(reader: Reader, agent: str, channel_id: str) -> int:
    """How many unacknowledged messages of a channel name an agent."""
    return int(
        reader.value(
            "SELECT count(*) FROM deliveries WHERE agent = ? AND channel_id = ? AND acked_at IS NULL AND mention = 1",
            (agent, channel_id),
        )
    )
