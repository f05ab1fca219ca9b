"""What keeps questions waiting: pure rules, each with a threshold, so that what goes its way is not told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .models import Bottleneck, Kind
from .statistics import Asked, grouped

MINUTE = 60_000
LONG_IN_QUEUE = 10 * MINUTE
"""A queue whose oldest question has waited so long has a reason that somebody can do something about."""
LONG_AWAY = 5 * MINUTE
LONG_HELD = 30 * MINUTE
LONG_TROUBLE = 5 * MINUTE
LONG_UNREPLIED = 30 * MINUTE
"""The asker that was asked back has not replied."""


@dataclass(frozen=True)
class Answerer:
    """A member that answers for a project.

    Attributes:
        name: of the member.
        here: whether a question would reach it now.
        since: since when that is so, in milliseconds; None if it was never otherwise.
    """

    name: str
    here: bool
    since: int | None


@dataclass(frozen=True)
class Standing:
    """A project, and what of its questions is open, oldest first. ``starts_agents``: one for each who asks."""

    name: str
    at_once: int
    starts_agents: bool
    answerers: Sequence[Answerer]
    open: Sequence[Asked]

    @property
    def deserted(self) -> bool:
        """Whether none of those who answer is here, and none is started."""
        return not self.starts_agents and not any(each.here for each in self.answerers)

    def in_state(self, state: str) -> list[Asked]:
        """The questions that stand so."""
        return [each for each in self.open if each.state == state]


def find(projects: Iterable[Standing], now: int) -> list[Bottleneck]:
    """What keeps questions waiting now, the longest first."""
    found = [each for project in projects for rule in RULES for each in rule(project, now)]
    return sorted(found, key=lambda each: (each.since, each.project, each.question_id))


def nobody_here(project: Standing, now: int) -> Iterator[Bottleneck]:
    """None of those who answer is here."""
    if not project.open or not project.deserted:
        return
    since = max([project.open[0].asked_at, *(each.since for each in project.answerers if each.since is not None)])
    if now - since >= LONG_AWAY:
        yield _bottleneck("nobody_here", project, project.open, since, agents=_names(project.answerers))


def full(project: Standing, now: int) -> Iterator[Bottleneck]:
    """All that may be answered at a time are being answered, or all who answer have one, and others wait for long."""
    queued, begun = project.in_state("queued"), project.in_state("asked")
    lanes = {each.lane for each in begun}
    kept_out = [each for each in queued if each.lane not in lanes and not each.trouble]
    if not kept_out or now - kept_out[0].asked_at < LONG_IN_QUEUE:
        return
    holders = {each.holder for each in begun}
    here = [each for each in project.answerers if each.here]
    free = [each for each in here if each.name not in holders]
    since = max((each.begun_at or 0 for each in begun), default=kept_out[0].asked_at)
    if len(begun) >= project.at_once and (free or project.starts_agents):
        yield _bottleneck("at_limit", project, kept_out, since, agents=_names(free))
    elif begun and here and not free and not project.starts_agents:
        yield _bottleneck("all_busy", project, kept_out, since, agents=sorted(filter(None, holders)))


def held_long(project: Standing, now: int) -> Iterator[Bottleneck]:
    """Somebody has had a question to answer for long; where nobody is here, that is the reason."""
    if project.deserted:
        return
    for each in project.in_state("asked"):
        if each.begun_at is not None and each.holder and now - each.begun_at >= LONG_HELD:
            behind = [other for other in project.in_state("queued") if other.lane == each.lane]
            yield _bottleneck("held_long", project, [each, *behind], each.begun_at, agents=[each.holder])


def held_back(project: Standing, now: int) -> Iterator[Bottleneck]:
    """A question whose turn has come could not be asked."""
    waiting = [each for each in project.in_state("queued") if each.trouble]
    for trouble, questions in grouped(waiting, lambda each: each.trouble).items():
        if now - questions[0].asked_at >= LONG_TROUBLE:
            yield _bottleneck("held_back", project, questions, questions[0].asked_at, trouble=trouble)


def asked_back(project: Standing, now: int) -> Iterator[Bottleneck]:
    """Whoever asked was asked back, and has not replied."""
    for each in project.in_state("countered"):
        since = each.begun_at or each.asked_at
        if now - since >= LONG_UNREPLIED:
            yield _bottleneck("asked_back", project, [each], since, agents=[each.asker])


RULES: Sequence[Callable[[Standing, int], Iterator[Bottleneck]]] = (nobody_here, full, held_long, held_back, asked_back)


def _names(answerers: Iterable[Answerer]) -> list[str]:
    return [each.name for each in answerers]


def _bottleneck(
    kind: Kind,
    project: Standing,
    questions: Sequence[Asked],
    since: int,
    *,
    agents: Sequence[str] = (),
    trouble: str = "",
) -> Bottleneck:
    return Bottleneck.of(
        kind, project.name, questions[0].id, since, questions=len(questions), at_once=project.at_once,
        agents=agents, trouble=trouble,
    )  # fmt: skip
