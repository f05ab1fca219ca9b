"""The SQL of messages and what hangs on them."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row, Transaction, marks

COLUMNS = (
    "id, channel_id, seq, sender, content, mentions, reply_to, thread, metadata, priority, ack_required, reply_by,"
    " has_file, parts, created_at, edited_at, deleted, (SELECT kind FROM agents WHERE name = sender) AS sender_kind"
)


# -- one message -----------------------------------------------------------------------------------------------------


def message(reader: Reader, message_id: int) -> Row | None:
    """One message."""
    return reader.one(f"SELECT {COLUMNS} FROM messages WHERE id = ?", (message_id,))  # noqa: S608


def insert(
    tx: Transaction,
    channel_id: str,
    seq: int,
    sender: str,
    content: str,
    mentions: str,
    reply_to: int | None,
    thread: int | None,
    metadata: str | None,
    priority: str,
    ack_required: bool,
    reply_by: int | None,
    has_file: bool,
    parts: str | None,
    at: int,
) -> int:
    """Add a message; its id."""
    return tx.insert(
        "INSERT INTO messages (channel_id, seq, sender, content, mentions, reply_to, thread, metadata, priority,"
        " ack_required, reply_by, has_file, parts, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            channel_id,
            seq,
            sender,
            content,
            mentions,
            reply_to,
            thread,
            metadata,
            priority,
            int(ack_required),
            reply_by,
            int(has_file),
            parts,
            at,
        ),
    )


def set_content(tx: Transaction, message_id: int, content: str, mentions: str, at: int) -> None:
    """Replace a message's content."""
    tx.execute(
        "UPDATE messages SET content = ?, mentions = ?, edited_at = ? WHERE id = ?", (content, mentions, at, message_id)
    )


def delete(tx: Transaction, message_id: int) -> None:
    """Empty a message, with what hangs on it in tables of its own; the row stays, so that order and threads do."""
    tx.execute(
        "UPDATE messages SET deleted = 1, content = '', mentions = '[]', metadata = NULL, reply_by = NULL,"
        " has_file = 0, parts = NULL WHERE id = ?",
        (message_id,),
    )
    for table in ("message_edits", "reactions", "pins"):
        tx.execute(f"DELETE FROM {table} WHERE message_id = ?", (message_id,))  # noqa: S608


def lose_files(tx: Transaction, message_id: int) -> None:
    """Note that a message carries no file any more."""
    tx.execute("UPDATE messages SET has_file = 0 WHERE id = ?", (message_id,))


def set_parts(tx: Transaction, message_id: int, parts: str | None) -> None:
    """Replace what is told of a message's parts."""
    tx.execute("UPDATE messages SET parts = ? WHERE id = ?", (parts, message_id))


# -- edits -----------------------------------------------------------------------------------------------------------


def add_edit(tx: Transaction, message_id: int, content: str, at: int) -> None:
    """Keep what a message said before an edit."""
    tx.execute(
        "INSERT INTO message_edits (message_id, number, content, replaced_at)"
        " SELECT ?, coalesce(max(number), 0) + 1, ?, ? FROM message_edits WHERE message_id = ?",
        (message_id, content, at, message_id),
    )


def edits(reader: Reader, message_id: int) -> list[Row]:
    """What a message said before, oldest first: content, replaced_at."""
    return reader.all(
        "SELECT content, replaced_at FROM message_edits WHERE message_id = ? ORDER BY number", (message_id,)
    )


# -- lists -----------------------------------------------------------------------------------------------------------


def newest(reader: Reader, channel_id: str, before_seq: int | None, limit: int) -> list[Row]:
    """The newest messages of a channel (before a sequence number), newest first."""
    if before_seq is None:
        return reader.all(
            f"SELECT {COLUMNS} FROM messages WHERE channel_id = ? ORDER BY seq DESC LIMIT ?",  # noqa: S608
            (channel_id, limit),
        )
    return reader.all(
        f"SELECT {COLUMNS} FROM messages WHERE channel_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",  # noqa: S608
        (channel_id, before_seq, limit),
    )


def first_unread(reader: Reader, channel_id: str, acked_seq: int, agent: str) -> Row | None:
    """The oldest message of others that an agent has not acknowledged: id, created_at."""
    return reader.one(
        "SELECT id, created_at FROM messages WHERE channel_id = ? AND seq > ? AND sender <> ? AND deleted = 0"
        " ORDER BY seq LIMIT 1",
        (channel_id, acked_seq, agent),
    )


def following(reader: Reader, channel_id: str, after_seq: int, limit: int) -> list[Row]:
    """The messages of a channel behind a sequence number, oldest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM messages WHERE channel_id = ? AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608
        (channel_id, after_seq, limit),
    )


def unread_ids(reader: Reader, agent: str, channel_id: str, after_seq: int, limit: int) -> list[int]:
    """Ids of the oldest messages of others behind a sequence number."""
    rows = reader.all(
        "SELECT id FROM messages WHERE channel_id = ? AND seq > ? AND sender <> ? AND deleted = 0 ORDER BY seq LIMIT ?",
        (channel_id, after_seq, agent, limit),
    )
    return [row["id"] for row in rows]


def newest_ids(reader: Reader, agent: str, channel_id: str, after_seq: int, limit: int) -> list[int]:
    """Ids of the newest messages of others behind a sequence number, newest first."""
    rows = reader.all(
        "SELECT id FROM messages WHERE channel_id = ? AND seq > ? AND sender <> ? AND deleted = 0"
        " ORDER BY seq DESC LIMIT ?",
        (channel_id, after_seq, agent, limit),
    )
    return [row["id"] for row in rows]


def seq_of(reader: Reader, channel_id: str, message_id: int) -> int | None:
    """The sequence number of a message of a channel."""
    row = reader.one("SELECT seq FROM messages WHERE id = ? AND channel_id = ?", (message_id, channel_id))
    return None if row is None else int(row["seq"])


def by_ids(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Messages by id, in order of id."""
    if not ids:
        return []
    return reader.all(f"SELECT {COLUMNS} FROM messages WHERE id IN ({marks(ids)}) ORDER BY id", ids)  # noqa: S608


def channels_of(reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """The channel of each of these messages that is there, by its id."""
    if not ids:
        return {}
    rows = reader.all(f"SELECT id, channel_id FROM messages WHERE id IN ({marks(ids)})", ids)  # noqa: S608
    return {row["id"]: row["channel_id"] for row in rows}


def parts(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """What is told of the parts of these messages, of those that have any: id, parts."""
    if not ids:
        return []
    return reader.all(f"SELECT id, parts FROM messages WHERE id IN ({marks(ids)}) AND parts IS NOT NULL", ids)  # noqa: S608


def newest_id(reader: Reader) -> int:
    """The id of the newest message, 0 if there is none."""
    newest: int | None = reader.value("SELECT max(id) FROM messages")
    return newest or 0


def first_since(reader: Reader, at: int) -> int | None:
    """The id of the first message that was sent at a time or after it."""
    first: int | None = reader.value(
        "SELECT id FROM messages WHERE created_at >= ? ORDER BY created_at, id LIMIT 1", (at,)
    )
    return first


def thread(reader: Reader, root: int, after: int, limit: int) -> list[Row]:
    """The messages of a thread behind an id, oldest first, without the one that began it."""
    return reader.all(
        f"SELECT {COLUMNS} FROM messages WHERE thread = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
        (root, after, limit),
    )


def count_sent(reader: Reader, sender: str, start: int, end: int) -> int:
    """How many messages somebody sent from ``start`` on and before ``end``."""
    return int(
        reader.value(
            "SELECT count(*) FROM messages WHERE sender = ? AND created_at >= ? AND created_at < ?",
            (sender, start, end),
        )
    )


def next_in_channel(reader: Reader, agent: str, channel_id: str, message_id: int) -> Row | None:
    """An agent's first message in a channel behind another message: id, created_at."""
    return reader.one(
        "SELECT id, created_at FROM messages WHERE channel_id = ? AND sender = ?"
        " AND seq > (SELECT seq FROM messages WHERE id = ?) AND deleted = 0 ORDER BY seq LIMIT 1",
        (channel_id, agent, message_id),
    )


def next_in_thread(reader: Reader, agent: str, thread: int, message_id: int) -> Row | None:
    """An agent's first message in a thread behind another message: id, created_at."""
    return reader.one(
        "SELECT id, created_at FROM messages WHERE thread = ? AND sender = ? AND id > ? AND deleted = 0"
        " ORDER BY id LIMIT 1",
        (thread, agent, message_id),
    )


def first_replies(reader: Reader, message_id: int) -> list[Row]:
    """The first direct reply of each who replied to a message: sender, id, created_at."""
    return reader.all(
        "SELECT sender, min(id) AS id, min(created_at) AS created_at FROM messages"
        " WHERE reply_to = ? AND deleted = 0 GROUP BY sender",
        (message_id,),
    )


def reply_counts(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """How many messages are in the threads that these began: thread, replies."""
    return reader.all(
        f"SELECT thread, count(*) AS replies FROM messages WHERE thread IN ({marks(ids)}) AND deleted = 0"  # noqa: S608
        " GROUP BY thread",
        ids,
    )


# -- reactions and pins ----------------------------------------------------------------------------------------------


def reactions(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Reactions to these messages, in order of time: message_id, emoji, agent."""
    return reader.all(
        f"SELECT message_id, emoji, agent FROM reactions WHERE message_id IN ({marks(ids)}) ORDER BY at, agent",  # noqa: S608
        ids,
    )


def add_reaction(tx: Transaction, message_id: int, emoji: str, agent: str, at: int) -> bool:
    """Add a reaction; False if it was there."""
    return (
        tx.execute(
            "INSERT INTO reactions (message_id, emoji, agent, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (message_id, emoji, agent) DO NOTHING",
            (message_id, emoji, agent, at),
        )
        == 1
    )


def remove_reaction(tx: Transaction, message_id: int, emoji: str, agent: str) -> bool:
    """Remove a reaction; False if there was none."""
    return (
        tx.execute("DELETE FROM reactions WHERE message_id = ? AND emoji = ? AND agent = ?", (message_id, emoji, agent))
        == 1
    )


def pinned(reader: Reader, ids: Sequence[int]) -> list[int]:
    """Which of these messages are pinned."""
    rows = reader.all(f"SELECT message_id FROM pins WHERE message_id IN ({marks(ids)})", ids)  # noqa: S608
    return [row["message_id"] for row in rows]


def pins(reader: Reader, channel_id: str) -> list[Row]:
    """A channel's pins with their messages, newest pin first."""
    return reader.all(
        "SELECT p.message_id, p.channel_id, p.pinned_by, p.pinned_at, m.sender, a.kind AS sender_kind, m.content,"
        " m.created_at FROM pins p JOIN messages m ON m.id = p.message_id JOIN agents a ON a.name = m.sender"
        " WHERE p.channel_id = ? ORDER BY p.pinned_at DESC, p.message_id DESC",
        (channel_id,),
    )


def pin(tx: Transaction, message_id: int, channel_id: str, by: str, at: int) -> bool:
    """Pin a message; False if it was pinned, and by whom stays as it was."""
    return (
        tx.execute(
            "INSERT INTO pins (message_id, channel_id, pinned_by, pinned_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (message_id) DO NOTHING",
            (message_id, channel_id, by, at),
        )
        == 1
    )


def unpin(tx: Transaction, message_id: int) -> bool:
    """Unpin a message; False if it was not pinned."""
    return tx.execute("DELETE FROM pins WHERE message_id = ?", (message_id,)) == 1
