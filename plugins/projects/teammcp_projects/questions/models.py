"""Public shapes of questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from teammcp import LARGEST_ID, OTHERS, Author, NotBlank, Result, Text, Timestamp, Words, quote, rfc3339

State = Literal["queued", "asked", "answered", "cannot_say", "cancelled"]
"""``queued`` waits for its turn; ``asked`` is somebody's to answer; the others are ends."""
OPEN: frozenset[State] = frozenset({"queued", "asked"})

QuestionId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
LONGEST = 9_000
"""Characters of a question or an answer: a message has room for these, and for what is said beside them."""
Content = Annotated[Text, Field(max_length=LONGEST), NotBlank, OTHERS]
MOST_ASKED = 20
"""Projects that are asked at once."""


class Question(Result):
    """A question to a project, and what came of it.

    ``place``: how many answers away it is while it waits, from 1. ``holder``: who has it to answer. ``message_id``: the
    message in which the holder was asked; get_receipt says whether it has arrived. ``trouble``: why it could not be
    asked yet. ``overdue``: its time is over, and it is still open.
    """

    id: int
    project: str
    asker: Author
    asking_project: str | None
    content: Words
    state: State
    place: int | None
    holder: str | None
    message_id: int | None
    trouble: Words
    answer: Words
    answered_by: Author | None
    answer_id: int | None
    reply_by: Timestamp | None
    overdue: bool
    asked_at: Timestamp
    ended_at: Timestamp | None

    def text(self) -> str:
        whose = f"{self.asker} ({self.asking_project})" if self.asking_project else self.asker
        head = f"question {self.id} to {self.project} by {whose}, {rfc3339(self.asked_at)[:16]}: {self._stands()}"
        said = [f"  asked: {quote(self.content)}"]
        if self.answer:
            said.append(f"  {self.answered_by}: {quote(self.answer)}")
        return "\n".join([head, *said])

    def _stands(self) -> str:
        late = ", overdue" if self.overdue else ""
        if self.state == "queued":
            why = f" ({quote(self.trouble)})" if self.trouble else ""
            return f"queued, place {self.place}{why}{late}"
        if self.state == "asked":
            return f"asked {self.holder} in message {self.message_id}{late}"
        return {"answered": "answered", "cannot_say": "cannot be answered", "cancelled": "cancelled"}[self.state]


class QuestionList(Result):
    """Questions. ``next`` is the ``before`` of the following page, null on the last."""

    questions: list[Question]
    next: int | None = None

    def text(self) -> str:
        more = [f"(more: before={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.questions), *more]) or "(no questions)"


class Answers(Result):
    """How questions stand. ``rest``: those for which there was no room here; ask for them again."""

    questions: list[Question]
    rest: list[int] = []

    def text(self) -> str:
        rest = [f"(no room here for {', '.join(map(str, self.rest))}: ask again)"] if self.rest else []
        return "\n".join([*(each.text() for each in self.questions), *rest])


class Asked(QuestionList):
    """Questions that wait or were asked just now; the answers come into your inbox, or with wait_for_answers."""
