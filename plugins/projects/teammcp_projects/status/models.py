"""Public shapes of how projects stand."""

from __future__ import annotations

from typing import Literal

from teammcp import Author, Result, Timestamp, Words, quote, rfc3339

Reach = Literal["here", "started", "away", "nobody"]
"""Whom the next question would reach: one who is here, one that is started for it, one who is away, or nobody."""


class Worker(Result):
    """Somebody who answers for a project: what that member does, since when and why, and which question it has."""

    agent: Author
    status: str
    reason: Words
    since: Timestamp | None
    question: int | None

    def text(self) -> str:
        since = f" since {rfc3339(self.since)[:16]}" if self.since is not None else ""
        why = f" ({quote(self.reason)})" if self.reason else ""
        at_work = f", has question {self.question}" if self.question is not None else ""
        return f"{self.agent}: {self.status}{since}{why}{at_work}"


class BeingAnswered(Result):
    """A question that somebody has to answer, and since when."""

    id: int
    asker: Author
    holder: str
    since: Timestamp


class ProjectStatus(Result):
    """How a project stands.

    ``reach``: whom the next question would reach: one who answers and is ``here``, one that is ``started`` to answer,
    one who is ``away``, or ``nobody``. ``waiting``: how many questions wait. ``next_wait``: how many seconds the next
    one would wait for its turn, as long as the last ones have taken; null if nobody can tell, as where none was
    answered yet or nobody who answers is here. ``trouble``: what keeps an open one from being answered; empty if
    nothing does. ``yours``: which of your questions are open there.
    """

    project: str
    may_ask: bool
    reach: Reach
    answerers: list[Worker]
    answering: list[BeingAnswered]
    at_once: int
    waiting: int
    next_wait: int | None
    trouble: Words = ""
    yours: list[int]

    def text(self) -> str:
        answering = ", ".join(f"{each.id} ({each.asker} asked {each.holder})" for each in self.answering)
        return "\n".join(
            [
                f"{self.project}{'' if self.may_ask else ' (you may not ask it)'}: {self.in_short()}",
                *(f"  {each.text()}" for each in self.answerers),
                *([f"  being answered: {answering}"] if answering else []),
                *([f"  trouble: {quote(self.trouble)}"] if self.trouble else []),
                *([f"  yours, still open: {', '.join(map(str, self.yours))}"] if self.yours else []),
            ]
        )

    def in_short(self) -> str:
        """Who would get the next question, where that is not somebody who is here, and how many wait."""
        missing = {"away": "nobody who answers is here", "nobody": "nobody answers for it"}.get(self.reach)
        wait = None if missing and not self.waiting else f"{self.waiting} wait"
        next_one = None if self.next_wait is None else f"the next one about {self.next_wait} s"
        return ", ".join(filter(None, (missing, wait, next_one)))


class StatusList(Result):
    """Projects by name. ``next`` is the ``after`` of the following page, null on the last."""

    projects: list[ProjectStatus]
    next: str | None

    def text(self) -> str:
        more = [f"(more: after={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.projects), *more]) or "(no projects)"
