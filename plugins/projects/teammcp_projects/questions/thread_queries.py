"""The SQL of what belongs to a question: what was asked back about it, and the questions that go on from it."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction, marks

from .queries import COLUMNS

EXCHANGE = "question, number, asked_by, asked, asked_id, asked_at, said, said_by, said_at, parts, parts_told, said_id"

# -- reading ---------------------------------------------------------------------------------------------------------


def exchanges(reader: Reader, questions: list[int]) -> list[Row]:
    """What was asked back about some questions, in order: `EXCHANGE`."""
    return reader.all(
        f"SELECT {EXCHANGE} FROM projects_exchanges WHERE question IN ({marks(questions)})"  # noqa: S608
        " ORDER BY question, number",
        questions,
    )


def exchange_of_message(reader: Reader, message_id: int) -> Row | None:
    """What was asked back in a message: `EXCHANGE`."""
    return reader.one(f"SELECT {EXCHANGE} FROM projects_exchanges WHERE asked_id = ?", (message_id,))  # noqa: S608


def said_in(reader: Reader, message_id: int) -> Row | None:
    """What was asked back that was answered in a message: `EXCHANGE`."""
    return reader.one(f"SELECT {EXCHANGE} FROM projects_exchanges WHERE said_id = ?", (message_id,))  # noqa: S608


def has_asked_back(reader: Reader, question: int, by: str, message_id: int) -> bool:
    """Whether a member has asked something back about a question after it was asked in a message."""
    found = reader.value(
        "SELECT 1 FROM projects_exchanges WHERE question = ? AND asked_by = ? AND asked_id > ?",
        (question, by, message_id),
    )
    return found is not None


def thread(reader: Reader, first: int, before: int, limit: int) -> list[Row]:
    """The questions that go on from one, newest first, with smaller ids than one: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE thread = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (first, before, limit),
    )


# -- changing --------------------------------------------------------------------------------------------------------


def ask_back(tx: Transaction, question: int, number: int, by: str, asked: str, message_id: int, at: int) -> None:
    """Somebody who has a question to answer asks something back, and no longer has it."""
    tx.execute(
        "INSERT INTO projects_exchanges (question, number, asked_by, asked, asked_id, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (question, number, by, asked, message_id, at),
    )
    tx.execute(
        "UPDATE projects_questions SET state = 'countered', leased_until = NULL WHERE id = ?",
        (question,),
    )


def resume(
    tx: Transaction,
    question: int,
    number: int,
    by: str,
    said: str,
    said_id: int | None,
    parts: str | None,
    parts_told: str | None,
    at: int,
) -> None:
    """What was asked back is answered: the question waits again, before all others of its lane."""
    tx.execute(
        "UPDATE projects_exchanges SET said = ?, said_id = ?, parts = ?, parts_told = ?, said_by = ?, said_at = ?"
        " WHERE question = ? AND number = ?",
        (said, said_id, parts, parts_told, by, at, question, number),
    )
    tx.execute(
        "UPDATE projects_questions SET state = 'queued', resumed = 1, holder = NULL, message_id = NULL,"
        " begun_at = NULL, attempts = 0 WHERE id = ?",
        (question,),
    )


def change_asked(tx: Transaction, message_id: int, asked: str) -> None:
    """The message in which something was asked back says something else now."""
    tx.execute("UPDATE projects_exchanges SET asked = ? WHERE asked_id = ?", (asked, message_id))


def change_said(tx: Transaction, message_id: int, said: str, *, gone: bool) -> None:
    """The message in which something was said to that says something else now; if it is gone, so are the parts."""
    tx.execute("UPDATE projects_exchanges SET said = ? WHERE said_id = ?", (said, message_id))
    if gone:
        tx.execute("UPDATE projects_exchanges SET parts = '[]', parts_told = '[]' WHERE said_id = ?", (message_id,))
