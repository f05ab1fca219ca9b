"""Public shapes of questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    OTHERS,
    Author,
    NotBlank,
    PartsTold,
    Result,
    Text,
    Timestamp,
    Words,
    parts_text,
    quote,
    rfc3339,
)

State = Literal["queued", "asked", "countered", "answered", "cannot_say", "cancelled"]
"""``queued`` waits for its turn; ``asked`` is somebody's to answer; ``countered``: something is asked back, which its
asker is to say; the others are ends."""
Urgency = Literal["low", "normal", "high"]
URGENCIES: tuple[Urgency, ...] = ("low", "normal", "high")
"""The less urgent first."""
OPEN: frozenset[State] = frozenset({"queued", "asked", "countered"})
WAITING: frozenset[State] = frozenset({"queued", "asked"})
"""The states in which its asker can do nothing but wait."""

QuestionId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
LONGEST = 9_000
"""Characters of a question or an answer: a message has room for these, and for what is said beside them."""
Content = Annotated[Text, Field(max_length=LONGEST), NotBlank, OTHERS]
MOST_ASKED = 20
"""Projects that are asked at once."""


class Exchange(Result):
    """What was asked back about a question, in the message ``asked_id``, and what its asker has ``said`` to that.

    ``said_parts`` are numbered as in the message in which the question is asked again; ``said_left_out``: the numbers
    of those for which that has no room.
    """

    asked_by: Author
    asked: Words
    asked_id: int
    asked_at: Timestamp
    said_by: Author | None
    said: Words
    said_at: Timestamp | None
    asked_parts: PartsTold = []
    said_parts: PartsTold = []
    said_left_out: Annotated[list[int], Field(exclude_if=lambda numbers: not numbers)] = []

    def text(self, message_id: int | None = None) -> str:
        """It in a line, or two; ``message_id``: the message in which the question was asked again."""
        asked = f"{quote(self.asked)}{parts_text(self.asked_id, self.asked_parts)}"
        there = [part for part in self.said_parts if part.number not in self.said_left_out]
        left_out = [part for part in self.said_parts if part.number in self.said_left_out]
        said = f"{quote(self.said)}{parts_text(message_id, there)}{parts_text(None, left_out)}"
        lines = [f"  {self.asked_by} asked back: {asked}"]
        return "\n".join([*lines, f"  {self.said_by} said: {said}"] if self.said_by else lines)


class Question(Result):
    """A question to a project, and what came of it.

    ``place``: how many answers away it is while it waits, from 1. ``holder``: who has it to answer. ``message_id``: the
    message in which the holder was asked; get_receipt says whether it has arrived. ``trouble``: why it could not be
    asked yet, or why its holder cannot go on. ``overdue``: its time is over, and it is still open. ``follows``: the
    question that it goes on from.
    """

    id: int
    project: str
    asker: Author
    asking_project: str | None
    content: Words
    follows: int | None
    exchanges: list[Exchange]
    state: State
    place: int | None
    holder: str | None
    message_id: int | None
    trouble: Words
    answer: Words
    answered_by: Author | None
    answer_id: int | None
    priority: Urgency
    reply_by: Timestamp | None
    overdue: bool
    asked_at: Timestamp
    ended_at: Timestamp | None
    parts: PartsTold = []
    answer_parts: PartsTold = []

    def text(self) -> str:
        whose = f"{self.asker} ({self.asking_project})" if self.asking_project else self.asker
        urgency = "" if self.priority == "normal" else f", priority {self.priority}"
        until = f", wanted by {rfc3339(self.reply_by)[:16]}" if self.reply_by is not None else ""
        head = f"question {self.id} to {self.project} by {whose}, {rfc3339(self.asked_at)[:16]}{urgency}{until}"
        head = f"{head}: {self.standing()}"
        follows = f" (goes on from {self.follows})" if self.follows else ""
        asked = quote(self.content) + parts_text(self.message_id, self.parts)
        said = [f"  asked{follows}: {asked}", *(each.text(self.message_id) for each in self.exchanges)]
        if self.answer:
            told = parts_text(self.answer_id, self.answer_parts)
            said.append(f"  {self.answered_by}: {quote(self.answer)}{told}")
        return "\n".join([head, *said])

    def standing(self) -> str:
        """How it stands, in a few words."""
        late = ", overdue" if self.overdue else ""
        why = f" ({quote(self.trouble)})" if self.trouble else ""
        if self.state == "queued":
            return f"queued, place {self.place}{why}{late}"
        if self.state == "asked":
            return f"asked {self.holder} in message {self.message_id}{why}{late}"
        if self.state == "countered":
            last = self.exchanges[-1]
            return f"{last.asked_by} asks back in message {last.asked_id}: say it with answer_question {self.id}{late}"
        gone = "; the message that says so was deleted" if self.answer_id is not None and not self.answer else ""
        return {"answered": "answered", "cannot_say": "cannot be answered", "cancelled": "cancelled"}[self.state] + gone


class ThreadPart(Result):
    """Another question of a thread, in short."""

    id: int
    state: State
    asker: Author
    content: Words
    answered_by: Author | None
    answer: Words

    def text(self) -> str:
        """It in a line, or two."""
        answer = [f"    {self.answered_by}: {quote(self.answer)}"] if self.answer else []
        return "\n".join([f"  {self.id} ({self.state}) {self.asker}: {quote(self.content)}", *answer])


class QuestionThread(Question):
    """A question, and in short the others of its thread, oldest first."""

    thread: list[ThreadPart]

    def text(self) -> str:
        rest = ["others of its thread:", *(each.text() for each in self.thread)] if self.thread else []
        return "\n".join([super().text(), *rest])


class QuestionList(Result):
    """Questions. ``next`` is the ``before`` of the following page, null on the last."""

    questions: list[Question]
    next: int | None = None

    def text(self) -> str:
        more = [f"(more: before={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.questions), *more]) or "(no questions)"


class Reply(Result):
    """What somebody has written in answer to a message of yours, first."""

    message_id: int
    reply_id: int
    agent: Author
    content: Words
    parts: PartsTold = []

    def text(self) -> str:
        said = f"{quote(self.content)}{parts_text(self.reply_id, self.parts)}"
        return f"{self.agent} has replied to message {self.message_id} ({self.reply_id}): {said}"


class Answers(Result):
    """How questions stand, and the replies to messages.

    ``rest``, ``rest_messages``: the questions and messages for which there was no room here; ask for them again.
    """

    questions: list[Question]
    replies: list[Reply] = []
    rest: list[int] = []
    rest_messages: list[int] = []

    def text(self) -> str:
        left = ", ".join([*map(str, self.rest), *(f"message {number}" for number in self.rest_messages)])
        rest = [f"(no room here for {left}: ask again)"] if left else []
        return "\n".join([*(each.text() for each in (*self.questions, *self.replies)), *rest]) or "(no replies yet)"


class Asked(QuestionList):
    """Questions that wait or were asked just now; the answers come into your inbox, or with wait_for_answers."""
