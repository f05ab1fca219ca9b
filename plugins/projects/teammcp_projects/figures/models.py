"""Public shapes of figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from teammcp import Result, Timestamp, Words, quote, rfc3339
from teammcp.web import mark

Kind = Literal["nobody_here", "at_limit", "all_busy", "held_long", "held_back", "asked_back", "needs_approval"]
SENTENCES: dict[str, tuple[str, str, str]] = {
    "nobody_here": (
        mark("Nobody who answers for %(project)s has been here since %(since)s: %(agents)s."),
        mark("Start one of them, or let others answer."),
        "set_project_agents",
    ),
    "at_limit": (
        mark("%(project)s has answered as many at once as it may (%(at_once)s) since %(since)s."),
        mark("Let it answer more at once."),
        "update_project",
    ),
    "all_busy": (
        mark("All who answer for %(project)s have had a question since %(since)s: %(agents)s."),
        mark("Let more members answer."),
        "set_project_agents",
    ),
    "held_long": (
        mark("%(agents)s has had question %(question)s to answer since %(since)s."),
        mark("Ask how far it is, or answer in its place."),
        "answer_question",
    ),
    "held_back": (
        mark("A question to %(project)s could not be asked since %(since)s: %(trouble)s"),
        mark("It is tried again each minute. Remove what keeps it back, or take it back."),
        "cancel_question",
    ),
    "asked_back": (
        mark("%(agents)s was asked back about question %(question)s, and has not replied since %(since)s."),
        mark("Reply to it, or take the question back."),
        "cancel_question",
    ),
    "needs_approval": (
        mark("%(agents)s has question %(question)s to answer, and has waited for an approval since %(since)s."),
        mark("Decide on the approval, or let somebody else decide."),
        "delegate_approval",
    ),
}
"""Of each kind of bottleneck, what it is, what to do, and the tool that does it."""


class Waits(Result):
    """How long some questions have waited, in milliseconds; null where there is none."""

    median_ms: int | None
    p90_ms: int | None

    def text(self) -> str:
        if self.median_ms is None or self.p90_ms is None:
            return "-"
        return f"{spelled(self.median_ms)} (p90 {spelled(self.p90_ms)})"


class Counts(Result):
    """How many questions were asked in the time, what became of them, and how many are open now, of whatever age.

    ``until_begun``: from being asked until somebody got it to answer. ``until_answered``: until something was said to
    it. ``oldest_open``: the id of the oldest one that is open.
    """

    asked: int
    answered: int
    cannot_say: int
    cancelled: int
    open: int
    queued: int
    overdue: int
    until_begun: Waits
    until_answered: Waits
    oldest_open: int | None
    oldest_open_at: Timestamp | None

    def counted(self) -> str:
        """The same in one line."""
        counts = {
            "asked": self.asked,
            "answered": self.answered,
            "cannot say": self.cannot_say,
            "cancelled": self.cancelled,
            "open": self.open,
            "queued": self.queued,
            "overdue": self.overdue,
        }
        said = ", ".join(f"{count} {name}" for name, count in counts.items() if count or name in {"asked", "open"})
        oldest = f"; oldest open: {self.oldest_open}" if self.oldest_open is not None else ""
        return f"{said}; begun after {self.until_begun.text()}, answered after {self.until_answered.text()}{oldest}"


class PairFigures(Counts):
    """What one project asks another; ``asking_project`` null: what members ask it that work in no project."""

    asking_project: str | None
    project: str

    def text(self) -> str:
        return f"{self.asking_project or '(members)'} -> {self.project}: {self.counted()}"


class ProjectFigures(Counts):
    """What is asked of a project.

    ``at_limit``: the share of the time, from 0 to 1, in which it answered as many at once as it may now; null for one
    that was removed, as ``at_once`` is. ``longest_queue``: how many have waited at the same moment, at most.
    """

    project: str
    at_once: int | None
    at_limit: float | None
    longest_queue: int

    def text(self) -> str:
        limit = "" if self.at_limit is None else f"; at its limit of {self.at_once} for {self.at_limit:.0%} of the time"
        return f"{self.project}: {self.counted()}{limit}; longest queue {self.longest_queue}"


class AnswererFigures(Result):
    """What a member has answered for a project. ``has``: what it has to answer now. ``at_work``: how long it took."""

    name: str
    project: str
    answered: int
    cannot_say: int
    has: int
    at_work: Waits

    def text(self) -> str:
        return (
            f"{self.name} for {self.project}: {self.answered} answered, {self.cannot_say} cannot say, {self.has} to"
            f" answer now; took {self.at_work.text()}"
        )


class Bottleneck(Result):
    """What keeps questions waiting: ``why``, and the ``remedy``.

    ``questions``: how many wait for that reason; ``question_id``: the first of them. ``agents``: who is meant.
    """

    kind: Kind
    project: str
    agents: list[str]
    questions: int
    question_id: int
    since: Timestamp
    at_once: int
    trouble: Words
    approval_id: int | None = None
    why: Words
    remedy: str

    @classmethod
    def of(
        cls,
        kind: Kind,
        project: str,
        question_id: int,
        since: int,
        *,
        questions: int,
        at_once: int,
        agents: Sequence[str] = (),
        trouble: str = "",
        approval_id: int | None = None,
    ) -> Self:
        """One, with its sentences."""
        why, remedy, tool = SENTENCES[kind]
        facts = {
            "project": project,
            "agents": ", ".join(agents),
            "question": question_id,
            "since": rfc3339(since)[:16],
            "at_once": at_once,
            "trouble": trouble,
        }
        return cls(
            kind=kind,
            project=project,
            agents=[*agents],
            questions=questions,
            question_id=question_id,
            since=since,
            at_once=at_once,
            trouble=trouble,
            approval_id=approval_id,
            why=why % facts,
            remedy=f"{remedy} ({tool})",
        )

    def because_of(self, approval_id: int, since: int) -> Self:
        """The same, where an approval is what is waited for."""
        return self.of(
            "needs_approval",
            self.project,
            self.question_id,
            since,
            questions=self.questions,
            at_once=self.at_once,
            agents=self.agents,
            approval_id=approval_id,
        )

    def text(self) -> str:
        return f"{quote(self.why)} Waiting for that: {self.questions}, first question {self.question_id}. {self.remedy}"


class Figures(Result):
    """Figures of the questions that were asked ``since`` then, and of all that are open.

    ``since`` is later than was asked for if there were too many. ``left_out``: lines for which there was no room; ask
    about one project.
    """

    since: Timestamp
    until: Timestamp
    bottlenecks: list[Bottleneck]
    projects: list[ProjectFigures]
    pairs: list[PairFigures]
    answerers: list[AnswererFigures]
    left_out: int = 0

    def text(self) -> str:
        parts: dict[str, Sequence[Any]] = {
            "what keeps questions waiting": self.bottlenecks,
            "projects": self.projects,
            "who asks whom": self.pairs,
            "who answers": self.answerers,
        }
        lines = [f"questions since {rfc3339(self.since)[:16]}"]
        for title, found in parts.items():
            lines += [f"{title}:", *(f"  {each.text()}" for each in found)] if found else []
        more = [f"({self.left_out} more; ask about one project)"] if self.left_out else []
        return "\n".join([*lines, *more]) if len(lines) > 1 else f"{lines[0]}: none"


def spelled(milliseconds: int) -> str:
    """A span of time in short, as in 40 s, 12 min, 3.5 h, 2.1 d."""
    seconds = milliseconds / 1000
    for unit, size, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 48)):
        if seconds / size < most:
            return f"{seconds / size:.{0 if unit in ('s', 'min') else 1}f} {unit}"
    return f"{seconds / 86400:.1f} d"
