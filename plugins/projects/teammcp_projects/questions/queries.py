"""The SQL of questions and their lanes."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction, marks

COLUMNS = (
    "id, project, lane, asker, content, priority, reply_by, state, holder, leased_until, retry_at, trouble, message_id,"
    " answer, answer_id, answered_by, asked_at, begun_at, ended_at, follows, thread, resumed, tell_at, parts,"
    " attempts, parts_told"
)

# -- reading ---------------------------------------------------------------------------------------------------------


def question(reader: Reader, number: int) -> Row | None:
    """One question: `COLUMNS`."""
    return reader.one(f"SELECT {COLUMNS} FROM projects_questions WHERE id = ?", (number,))  # noqa: S608


def questions(reader: Reader, numbers: list[int]) -> list[Row]:
    """Some questions, by id: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE id IN ({marks(numbers)}) ORDER BY id",  # noqa: S608
        numbers,
    )


def asked_in(reader: Reader, message_id: int) -> Row | None:
    """What was asked in a message, and of whom: question (its id), holder."""
    return reader.one("SELECT question, holder FROM projects_asked WHERE message_id = ?", (message_id,))


def answered_in(reader: Reader, message_id: int) -> Row | None:
    """The question that was answered in a message: `COLUMNS`."""
    return reader.one(f"SELECT {COLUMNS} FROM projects_questions WHERE answer_id = ?", (message_id,))  # noqa: S608


def in_state(reader: Reader, project: str, state: str, limit: int) -> list[Row]:
    """The questions of a project in a state, oldest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE project = ? AND state = ? ORDER BY id LIMIT ?",  # noqa: S608
        (project, state, limit),
    )


def expired(reader: Reader, now: int, limit: int) -> list[Row]:
    """The questions that somebody has had to answer for long, and it is to be looked whether it does: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE id IN"  # noqa: S608
        " (SELECT id FROM projects_questions WHERE leased_until <= ?) ORDER BY id LIMIT ?",
        (now, limit),
    )


def late(reader: Reader, now: int, limit: int) -> list[Row]:
    """The questions whose askers are to be told that their time is over: id."""
    return reader.all(
        "SELECT id FROM projects_questions WHERE id IN (SELECT id FROM projects_questions WHERE tell_at <= ?)"
        " ORDER BY id LIMIT ?",
        (now, limit),
    )


def count_in_state(reader: Reader, project: str, state: str) -> int:
    """How many questions of a project are in a state."""
    found: int = reader.value(
        "SELECT count(*) FROM projects_questions WHERE project = ? AND state = ?", (project, state)
    )
    return found


def open_by(reader: Reader, asker: str) -> list[Row]:
    """The questions of a member that are not over: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE asker = ? AND ended_at IS NULL ORDER BY id",  # noqa: S608
        (asker,),
    )


def last_answered(reader: Reader, project: str, limit: int) -> list[Row]:
    """The questions of a project that were answered last: begun_at, ended_at."""
    return reader.all(
        "SELECT begun_at, ended_at FROM projects_questions WHERE project = ? AND state = 'answered'"
        " AND begun_at IS NOT NULL ORDER BY id DESC LIMIT ?",
        (project, limit),
    )


def held(reader: Reader, holder: str) -> list[Row]:
    """What a member has to answer: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE holder = ? AND state = 'asked' ORDER BY id",  # noqa: S608
        (holder,),
    )


def held_in_lanes(reader: Reader) -> list[Row]:
    """What agents that were started to answer have to answer, the longest held first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_questions WHERE leased_until > 0 AND state = 'asked'"  # noqa: S608
        " AND EXISTS (SELECT 1 FROM projects_agents a WHERE a.agent = holder AND a.lane IS NOT NULL)"
        " ORDER BY leased_until"
    )


def concerned(reader: Reader) -> set[str]:
    """Everybody who has asked something that is open, or has it to answer."""
    rows = reader.all("SELECT asker, holder FROM projects_questions WHERE ended_at IS NULL")
    return {name for row in rows for name in (row["asker"], row["holder"]) if name is not None}


def lanes(reader: Reader, project: str) -> list[Row]:
    """The lanes of a project: lane, holder, begun_at."""
    return reader.all("SELECT lane, holder, begun_at FROM projects_lanes WHERE project = ?", (project,))


def is_open_in(reader: Reader, project: str, lane: str) -> bool:
    """Whether anything is open of what was asked in a lane."""
    found = reader.value(
        "SELECT id FROM projects_questions WHERE project = ? AND lane = ? AND ended_at IS NULL LIMIT 1", (project, lane)
    )
    return found is not None


# -- changing --------------------------------------------------------------------------------------------------------


def insert(
    tx: Transaction,
    project: str,
    lane: str,
    asker: str,
    content: str,
    parts: str | None,
    parts_told: str | None,
    priority: int,
    reply_by: int | None,
    follows: int | None,
    thread: int | None,
    at: int,
) -> int:
    """Let a question wait; its id."""
    found: int = tx.insert(
        "INSERT INTO projects_questions (project, lane, asker, content, parts, parts_told, priority, reply_by, tell_at,"
        " follows, thread, state, trouble, answer, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', '', ?)",
        (project, lane, asker, content, parts, parts_told, priority, reply_by, reply_by, follows, thread, at),
    )
    return found


def begin(
    tx: Transaction, number: int, project: str, lane: str, holder: str, message_id: int, at: int, leased_until: int
) -> None:
    """A question that waited is somebody's to answer now."""
    tx.execute(
        "UPDATE projects_questions SET state = 'asked', attempts = attempts + 1, holder = ?, message_id = ?,"
        " begun_at = ?, leased_until = ?, trouble = '', retry_at = NULL WHERE id = ?",
        (holder, message_id, at, leased_until, number),
    )
    tx.execute(
        "INSERT INTO projects_asked (message_id, question, holder) VALUES (?, ?, ?)", (message_id, number, holder)
    )
    tx.execute(
        "INSERT INTO projects_lanes (project, lane, holder, begun_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (project, lane) DO UPDATE SET holder = excluded.holder, begun_at = excluded.begun_at",
        (project, lane, holder, at),
    )


def forget_lane(tx: Transaction, project: str, lane: str) -> None:
    """Nobody asks in a lane any more."""
    tx.execute("DELETE FROM projects_lanes WHERE project = ? AND lane = ?", (project, lane))


def hold_back(tx: Transaction, number: int, trouble: str, retry_at: int) -> None:
    """A question could not be begun; why, and when that is tried again."""
    tx.execute("UPDATE projects_questions SET trouble = ?, retry_at = ? WHERE id = ?", (trouble, retry_at, number))


def hold_back_lane(tx: Transaction, project: str, lane: str, trouble: str, retry_at: int) -> None:
    """The same of all that waits in a lane, that question among it."""
    tx.execute(
        "UPDATE projects_questions SET trouble = ?, retry_at = ? WHERE project = ? AND state = 'queued' AND lane = ?",
        (trouble, retry_at, project, lane),
    )


def set_trouble(tx: Transaction, number: int, trouble: str) -> None:
    """What keeps somebody from answering a question."""
    tx.execute("UPDATE projects_questions SET trouble = ? WHERE id = ?", (trouble, number))


def prolong(tx: Transaction, number: int, until: int) -> None:
    """Look later whether a question is being answered."""
    tx.execute("UPDATE projects_questions SET leased_until = ? WHERE id = ?", (until, number))


def note_told(tx: Transaction, number: int) -> None:
    """The asker of a question was told that its time is over."""
    tx.execute("UPDATE projects_questions SET tell_at = NULL WHERE id = ?", (number,))


def give_back(tx: Transaction, number: int) -> None:
    """A question waits again, and nobody has it to answer."""
    tx.execute(
        "UPDATE projects_questions SET state = 'queued', holder = NULL, message_id = NULL, begun_at = NULL,"
        " leased_until = NULL WHERE id = ?",
        (number,),
    )


def end(tx: Transaction, number: int, state: str, answer: str, answer_id: int | None, by: str | None, at: int) -> None:
    """A question is over."""
    tx.execute(
        "UPDATE projects_questions SET state = ?, answer = ?, answer_id = ?, answered_by = ?, ended_at = ?,"
        " leased_until = NULL, tell_at = NULL, trouble = '' WHERE id = ?",
        (state, answer, answer_id, by, at, number),
    )


def change_answer(tx: Transaction, number: int, state: str, answer: str) -> None:
    """The message that answers a question says something else now."""
    tx.execute("UPDATE projects_questions SET state = ?, answer = ? WHERE id = ?", (state, answer, number))


def change_words(tx: Transaction, number: int, content: str, *, gone: bool) -> None:
    """The message that asks a question says something else now; if it is gone, so are the parts."""
    tx.execute("UPDATE projects_questions SET content = ? WHERE id = ?", (content, number))
    if gone:
        tx.execute("UPDATE projects_questions SET parts = '[]', parts_told = '[]' WHERE id = ?", (number,))


def forget_message(tx: Transaction, number: int) -> None:
    """The message that was to ask a question was taken back before anybody had seen it."""
    tx.execute("UPDATE projects_questions SET message_id = NULL WHERE id = ?", (number,))
