"""The SQL of cursors: how far each member has been offered, has read and has acknowledged each of its channels."""

from __future__ import annotations

from typing import Literal

from ...storage import Reader, Row, Transaction

COLUMNS = "channel_id, offered, read, acked, own"
IMPLIED = {"offered": ("offered",), "read": ("offered", "read"), "acked": ("offered", "read", "acked")}
"""The cursors that move along with each."""


def cursor(reader: Reader, agent: str, channel_id: str) -> Row | None:
    """How far an agent is in a channel: channel_id, offered, read, acked, own; None if it is no member."""
    return reader.one(
        f"SELECT {COLUMNS} FROM cursors WHERE agent = ? AND channel_id = ?",  # noqa: S608
        (agent, channel_id),
    )


def cursors(reader: Reader, agent: str) -> dict[str, Row]:
    """The same in all channels of an agent, by channel."""
    rows = reader.all(f"SELECT {COLUMNS} FROM cursors WHERE agent = ?", (agent,))  # noqa: S608
    return {row["channel_id"]: row for row in rows}


def begin(tx: Transaction, agent: str, channel_id: str, seq: int) -> None:
    """Begin a new member's cursors: it has everything up to ``seq`` behind it."""
    tx.execute(
        "INSERT INTO cursors (agent, channel_id, offered, read, acked, own) VALUES (?, ?, ?, ?, ?, 0)",
        (agent, channel_id, seq, seq, seq),
    )


def leave(tx: Transaction, agent: str, channel_id: str) -> None:
    """Forget how far an agent that is no member any more was, and what still waits for it in the channel."""
    for waits in ("acked_at", "settled_at"):
        tx.execute(
            f"DELETE FROM deliveries WHERE agent = ? AND channel_id = ? AND {waits} IS NULL",  # noqa: S608
            (agent, channel_id),
        )
    tx.execute("DELETE FROM cursors WHERE agent = ? AND channel_id = ?", (agent, channel_id))


def pass_own(tx: Transaction, agent: str, channel_id: str, seq: int, at: int) -> bool:
    """Note an agent's own new message ``seq``; False if it is no member.

    The cursors of who had nothing unread move over it. Otherwise it is one more of its own behind them.
    """
    before = seq - 1
    moved = [f"{name} = CASE WHEN acked = ? THEN ? ELSE {name} END" for name in IMPLIED["acked"]]
    noted = [f"{name}_at = CASE WHEN acked = ? THEN ? ELSE {name}_at END" for name in IMPLIED["acked"]]
    passed = tx.execute(
        "UPDATE cursors SET own = CASE WHEN acked = ? THEN own ELSE own + 1 END,"  # noqa: S608
        f" {', '.join(moved + noted)} WHERE agent = ? AND channel_id = ?",
        (before, *(before, seq) * len(moved), *(before, at) * len(noted), agent, channel_id),
    )
    return passed == 1


def advance(
    tx: Transaction, agent: str, channel_id: str, seq: int, cursor: Literal["offered", "read", "acked"], at: int
) -> bool:
    """Move a cursor, and those it implies, forward to a sequence number; whether any moved. None ever moves back."""
    moved = 0
    for name in IMPLIED[cursor]:
        moved += tx.execute(
            f"UPDATE cursors SET {name} = ?, {name}_at = ? WHERE agent = ? AND channel_id = ? AND {name} < ?",  # noqa: S608
            (seq, at, agent, channel_id, seq),
        )
    if cursor == "acked":
        tx.execute(
            "UPDATE cursors SET own = (SELECT count(*) FROM messages m"
            " WHERE m.channel_id = cursors.channel_id AND m.sender = cursors.agent AND m.seq > cursors.acked)"
            " WHERE agent = ? AND channel_id = ? AND own > 0",
            (agent, channel_id),
        )
    return moved > 0


def behind(reader: Reader, agent: str) -> list[Row]:
    """The channels with something an agent has not acknowledged: id, kind, name, last_seq, acked, own.

    First those with something that is addressed to it, and of these the latest first.
    """
    return reader.all(
        "SELECT id, kind, name, last_seq, acked, own FROM (SELECT c.id, c.kind, c.name, c.last_seq,"
        " coalesce(c.last_message_at, 0) AS latest, m.acked, m.own,"
        " EXISTS (SELECT 1 FROM deliveries d WHERE d.agent = m.agent AND d.channel_id = m.channel_id"
        " AND d.acked_at IS NULL) AS addressed"
        " FROM cursors m JOIN channels c ON c.id = m.channel_id WHERE m.agent = ?) AS found"
        " WHERE last_seq > acked OR addressed ORDER BY addressed DESC, latest DESC",
        (agent,),
    )


def unread(reader: Reader, agent: str, channel_id: str, acked: int, own: int, last_seq: int) -> int:
    """How many messages of others an agent has not acknowledged; ``acked`` and ``own`` as its cursor has them.

    The span of sequence numbers less the few that do not count, so that a long backlog costs nothing; and earlier
    messages that an edit has addressed to the agent since.
    """
    late = len(late_calls(reader, agent, channel_id, acked))
    if acked >= last_seq:
        return late
    deleted = reader.value(
        "SELECT count(*) FROM messages WHERE channel_id = ? AND deleted = 1 AND seq > ? AND sender <> ?",
        (channel_id, acked, agent),
    )
    return int(last_seq - acked - own - deleted) + late


def late_calls(reader: Reader, agent: str, channel_id: str, acked: int) -> list[int]:
    """Ids of the messages that were edited to address an agent when it had them behind it already, oldest first."""
    rows = reader.all(
        "SELECT message_id FROM deliveries WHERE agent = ? AND channel_id = ? AND acked_at IS NULL AND message_id <="
        " (SELECT id FROM messages WHERE channel_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1) ORDER BY message_id",
        (agent, channel_id, channel_id, acked),
    )
    return [row["message_id"] for row in rows]
