"""The SQL of keepers: what they must still know when the runner was killed."""

from __future__ import annotations

from collections.abc import Sequence

from teammcp import Reader, Row, Transaction, marks


def begun(reader: Reader, journal: str, agent: str) -> int:
    """The number of the last order to start an agent that was followed; 0 for none."""
    sql = "SELECT begun FROM keepers WHERE journal = ? AND agent = ?"
    return reader.value(sql, (journal, agent)) or 0


def set_begun(tx: Transaction, journal: str, agent: str, number: int) -> None:
    """An order to start an agent was followed."""
    sql = (
        "INSERT INTO keepers (journal, agent, begun) VALUES (?, ?, ?)"
        " ON CONFLICT (journal, agent) DO UPDATE SET begun = excluded.begun"
    )
    tx.execute(sql, (journal, agent, number))


def forget_agent(tx: Transaction, journal: str, agent: str) -> None:
    """An agent lives here no more."""
    for table in ("keepers", "kept_messages", "errands"):
        tx.execute(f"DELETE FROM {table} WHERE journal = ? AND agent = ?", (journal, agent))  # noqa: S608


def kept_messages(reader: Reader, journal: str, agent: str) -> list[Row]:
    """Messages that were handed over and not dealt with, oldest first."""
    sql = (
        "SELECT reader, is_again, message, turn, is_taken FROM kept_messages"
        " WHERE journal = ? AND agent = ? ORDER BY message_id"
    )
    return reader.all(sql, (journal, agent))


def keep_messages(tx: Transaction, journal: str, agent: str, rows: Sequence[tuple[int, str, int, str]]) -> None:
    """Messages were handed over: message_id, reader, is_again, message. Of one that is there the reader is another."""
    sql = (
        "INSERT INTO kept_messages (journal, agent, message_id, reader, is_again, message, is_taken)"
        " VALUES (?, ?, ?, ?, ?, ?, 0)"
        " ON CONFLICT (journal, agent, message_id) DO UPDATE SET reader = excluded.reader"
    )
    tx.execute_many(sql, [(journal, agent, *row) for row in rows])


def set_turn(tx: Transaction, journal: str, agent: str, turn: str | None, message_ids: Sequence[int]) -> None:
    """Messages are written to the program in a turn, or (None) are to be written again."""
    if message_ids:
        sql = (
            f"UPDATE kept_messages SET turn = ? WHERE journal = ? AND agent = ?"  # noqa: S608
            f" AND message_id IN ({marks(message_ids)})"
        )
        tx.execute(sql, (turn, journal, agent, *message_ids))


def set_taken(tx: Transaction, journal: str, agent: str, turn: str) -> None:
    """The program has taken a turn up."""
    sql = "UPDATE kept_messages SET is_taken = 1 WHERE journal = ? AND agent = ? AND turn = ?"
    tx.execute(sql, (journal, agent, turn))


def drop_messages(tx: Transaction, journal: str, agent: str, message_ids: Sequence[int]) -> None:
    """Messages are dealt with, or somebody else has them."""
    if message_ids:
        sql = f"DELETE FROM kept_messages WHERE journal = ? AND agent = ? AND message_id IN ({marks(message_ids)})"  # noqa: S608
        tx.execute(sql, (journal, agent, *message_ids))


def errands(reader: Reader, journal: str, agent: str) -> list[Row]:
    """The calls that the server has not answered: id, errand. Oldest first."""
    sql = "SELECT id, errand FROM errands WHERE journal = ? AND agent = ? ORDER BY id"
    return reader.all(sql, (journal, agent))


def add_errand(tx: Transaction, journal: str, agent: str, errand: str) -> int:
    """One more; its id."""
    return tx.insert("INSERT INTO errands (journal, agent, errand) VALUES (?, ?, ?)", (journal, agent, errand))


def drop_errand(tx: Transaction, errand_id: int) -> None:
    """The server has answered it."""
    tx.execute("DELETE FROM errands WHERE id = ?", (errand_id,))
