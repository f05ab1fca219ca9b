"""A question with what belongs to it: in words for whoever is to answer, and who that is best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from teammcp import LARGEST_ID, Context, Reader, Row, StoredPart, excerpt, rfc3339

from ..parts import fitting, given_again, stored, told_again
from . import queries, showing, thread_queries
from .models import QuestionThread, ThreadPart

MOST_SHOWN = 20
"""Other questions of a thread that are shown beside one."""
SHOWN = 300
"""Characters that are shown of each of their texts."""
ROOM = 9_800
"""Characters of the message in which somebody is asked."""


def shown(reader: Reader, context: Context, row: Row) -> QuestionThread:
    """A question, and in short the others of its thread."""
    [question] = showing.shown(reader, context, [row])
    others = [_part(each) for each in _thread(reader, row) if each["id"] != row["id"]]
    return QuestionThread(**{name: getattr(question, name) for name in type(question).model_fields}, thread=others)


def _thread(reader: Reader, row: Row) -> list[Row]:
    """The questions of the thread in which one is, oldest first: the first of them, and the newest."""
    first = row["thread"] or row["id"]
    rows = thread_queries.thread(reader, first, LARGEST_ID, MOST_SHOWN)
    return [*queries.questions(reader, [first]), *reversed(rows)]


def _part(row: Row) -> ThreadPart:
    return ThreadPart(
        id=row["id"],
        state=row["state"],
        asker=row["asker"],
        content=excerpt(row["content"], SHOWN),
        answered_by=row["answered_by"],
        answer=excerpt(row["answer"], SHOWN),
    )


def wanted(reader: Reader, number: int) -> str | None:
    """Who is best to answer a question: who has asked something back about it, or answered that which it follows."""
    if asked := thread_queries.exchanges(reader, [number]):
        name: str = asked[-1]["asked_by"]
        return name
    row = queries.question(reader, number)
    before = None if row is None or row["follows"] is None else queries.question(reader, row["follows"])
    return None if before is None else before["answered_by"] or before["holder"]


def goes_on_from(reader: Reader, row: Row, holder: str) -> int | None:
    """The message between its asker and its holder from which a question goes on; None if there is none."""
    for each in reversed(thread_queries.exchanges(reader, [row["id"]])):
        if each["asked_by"] == holder:
            message_id: int = each["asked_id"]
            return message_id
    before = None if row["follows"] is None else queries.question(reader, row["follows"])
    if before is None or (before["asker"], before["holder"]) != (row["asker"], holder):
        return None
    found: int | None = before["message_id"]
    return found


def parts_of(reader: Reader, number: int) -> list[dict[str, Any]]:
    """The parts that a question is asked with: its own, and those of what its asker said to what was asked back."""
    row = queries.question(reader, number)
    said = thread_queries.exchanges(reader, [number])
    return [part for kept in (row, *said) if kept is not None for part in given_again(kept["parts"])]


def stored_parts(reader: Reader, number: int) -> list[StoredPart]:
    """The same as they are kept, numbered as in the message in which it is asked."""
    return stored(parts_of(reader, number))


def words(reader: Reader, row: Row, sent: int, left_out: int) -> str:
    """What whoever is to answer a question is told: it, what was said to it, and how to answer.

    Args:
        reader: to look with.
        row: the question.
        sent: how many parts the message has.
        left_out: for how many of its parts the message has no room.
    """
    number = row["id"]
    head = f"{_heading(row)}{row['content']}"
    until = "" if row["reply_by"] is None else f"An answer is wanted by {rfc3339(row['reply_by'])[:16]}Z. "
    more = f"(get_question {number} tells of {left_out} more parts.)\n\n" if left_out else ""
    how = f"({until}Answer with answer_question {number}, or by a reply to this message; ask_back asks something back.)"
    return "\n\n".join([head, *_said(reader, row, ROOM - len(head) - len(more) - len(how), sent), more + how])


def _heading(row: Row) -> str:
    """How the message begins in which somebody is asked."""
    whose = "" if row["lane"].startswith("@") else f" on behalf of {row['lane']}"
    return f"Question {row['id']} to {row['project']}{whose}:\n\n"


def own_words(reader: Reader, row: Row, written: str) -> str:
    """The question alone, of what its message says now: without heading, and what the server wrote behind it."""
    parts = parts_of(reader, row["id"])
    sent = len(fitting(parts))
    behind = words(reader, row, sent, len(parts) - sent)[len(_heading(row)) + len(row["content"]) :]
    return written.removeprefix(_heading(row)).removesuffix(behind)


def asked_back(row: Row, content: str) -> str:
    """The message in which something is asked back about a question."""
    return f"{_asking_back(row)}{content}{_how_to_reply(row)}"


def own_asked(row: Row, written: str) -> str:
    """What is asked back alone, of what its message says now."""
    return written.removeprefix(_asking_back(row)).removesuffix(_how_to_reply(row))


def _asking_back(row: Row) -> str:
    return f"{row['project']} asks back (question {row['id']}):\n\n"


def _how_to_reply(row: Row) -> str:
    return f"\n\n(Reply to this message, or with answer_question {row['id']}.)"


def _said(reader: Reader, row: Row, room: int, sent: int) -> list[str]:
    """What was said about a question before, as far as there is room for it."""
    said = [*_before(reader, row)]
    for each in thread_queries.exchanges(reader, [row["id"]]):
        asked = (f"{each['asked_by']} asked back:", each["asked"])
        said += [asked, (f"{each['said_by']} said{_numbers(each, sent)}:", each["said"] or "")]
    if not said:
        return []
    share = room // len(said)
    if share < SHOWN:
        return [f"(get_question {row['id']} shows what was said about it before.)"]
    return [f"{who}\n{excerpt(text, share - len(who) - 3)}" for who, text in said]


def _numbers(exchange: Row, sent: int) -> str:
    """Which parts of the message, that has so many, belong to what was said."""
    numbers = [str(part.number) for part in told_again(exchange["parts_told"]) if part.number <= sent]
    return f" (with part {', '.join(numbers)})" if numbers else ""


def _before(reader: Reader, row: Row) -> Sequence[tuple[str, str]]:
    before = None if row["follows"] is None else queries.question(reader, row["follows"])
    if before is None:
        return []
    follows = (f"It goes on from question {before['id']}:", before["content"])
    return [follows, (f"{before['answered_by']} answered:", before["answer"])] if before["answer"] else [follows]
