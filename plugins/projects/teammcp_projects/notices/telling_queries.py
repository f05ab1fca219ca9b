"""The SQL of who was told of notices, and what they have replied."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction, marks

TELLING = "notice, consumer, reader, message_id, waits"


def telling(reader: Reader, notice: int, consumer: str, name: str) -> Row | None:
    """How a member was told of a notice for a project: `TELLING`."""
    return reader.one(
        f"SELECT {TELLING} FROM projects_notice_tellings WHERE notice = ? AND consumer = ? AND reader = ?",  # noqa: S608
        (notice, consumer, name),
    )


def of_message(reader: Reader, message_id: int) -> Row | None:
    """Who was told of what in a message: `TELLING`."""
    return reader.one(
        f"SELECT {TELLING} FROM projects_notice_tellings WHERE message_id = ?",  # noqa: S608
        (message_id,),
    )


def of_line(reader: Reader, notice: int, consumer: str) -> list[Row]:
    """Who was told of a notice for a project, by name: `TELLING`."""
    return reader.all(
        f"SELECT {TELLING} FROM projects_notice_tellings WHERE notice = ? AND consumer = ? ORDER BY reader",  # noqa: S608
        (notice, consumer),
    )


def readers(reader: Reader, notice: int) -> list[str]:
    """Everybody who was told of a notice, by name."""
    rows = reader.all(
        "SELECT DISTINCT reader FROM projects_notice_tellings WHERE notice = ? ORDER BY reader", (notice,)
    )
    return [row["reader"] for row in rows]


def first_messages(reader: Reader, notices: list[int]) -> list[Row]:
    """The first message in which somebody was told of each of some notices: notice, message_id."""
    return reader.all(
        "SELECT notice, min(message_id) AS message_id FROM projects_notice_tellings"  # noqa: S608
        f" WHERE notice IN ({marks(notices)}) GROUP BY notice",
        notices,
    )


def waiting(reader: Reader, name: str, before: int, limit: int) -> list[int]:
    """The notices on which a member has to act, with smaller ids than one, newest first."""
    rows = reader.all(
        "SELECT DISTINCT notice FROM projects_notice_tellings WHERE reader = ? AND waits = 1 AND notice < ?"
        " ORDER BY notice DESC LIMIT ?",
        (name, before, limit),
    )
    return [row["notice"] for row in rows]


def of_waiting_lines(reader: Reader) -> list[Row]:
    """Who was told for the projects that have to act, and whether it is still for it to act: `TELLING`."""
    return reader.all(
        "SELECT t.notice, t.consumer, t.reader, t.message_id, t.waits FROM projects_notice_lines l"
        " JOIN projects_notice_tellings t ON t.notice = l.notice AND t.consumer = l.consumer"
        " WHERE l.whose = 'consumer'"
    )


def insert(tx: Transaction, notice: int, consumer: str, name: str, message_id: int) -> None:
    """A member was told, and has to act."""
    tx.execute(
        "INSERT INTO projects_notice_tellings (notice, consumer, reader, message_id, waits) VALUES (?, ?, ?, ?, 1)",
        (notice, consumer, name, message_id),
    )


def set_waits(tx: Transaction, notice: int, consumer: str, name: str, waits: bool) -> None:
    """Whether it is for a member that was told to act."""
    tx.execute(
        "UPDATE projects_notice_tellings SET waits = ? WHERE notice = ? AND consumer = ? AND reader = ?",
        (int(waits), notice, consumer, name),
    )


def settle_line(tx: Transaction, notice: int, consumer: str) -> None:
    """Nobody of a project has to act on a notice."""
    tx.execute("UPDATE projects_notice_tellings SET waits = 0 WHERE notice = ? AND consumer = ?", (notice, consumer))


def settle_all(tx: Transaction, notice: int) -> None:
    """Nobody has to act on a notice."""
    tx.execute("UPDATE projects_notice_tellings SET waits = 0 WHERE notice = ?", (notice,))


# -- replies -----------------------------------------------------------------------------------------------------------


def reply(reader: Reader, message_id: int) -> Row | None:
    """A reply by its message: notice, consumer, content."""
    return reader.one(
        "SELECT notice, consumer, content FROM projects_notice_replies WHERE message_id = ?", (message_id,)
    )


def last_replies(reader: Reader, notice: int, consumer: str, limit: int) -> list[Row]:
    """The last replies for a line, newest first: message_id, author, content, at."""
    return reader.all(
        "SELECT message_id, author, content, at FROM projects_notice_replies WHERE notice = ? AND consumer = ?"
        " ORDER BY message_id DESC LIMIT ?",
        (notice, consumer, limit),
    )


def add_reply(tx: Transaction, message_id: int, notice: int, consumer: str, author: str, content: str, at: int) -> None:
    """A reply stands beside a line."""
    tx.execute(
        "INSERT INTO projects_notice_replies (message_id, notice, consumer, author, content, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (message_id, notice, consumer, author, content, at),
    )


def set_reply(tx: Transaction, message_id: int, content: str) -> None:
    """A reply was edited."""
    tx.execute("UPDATE projects_notice_replies SET content = ? WHERE message_id = ?", (content, message_id))


def delete_reply(tx: Transaction, message_id: int) -> None:
    """A reply was deleted."""
    tx.execute("DELETE FROM projects_notice_replies WHERE message_id = ?", (message_id,))
