"""Figures of questions: pure functions from what is known of each to what is shown of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .models import AnswererFigures, PairFigures, ProjectFigures, Waits
from .statistics import Asked, cut, grouped, most_at_once, percentile, time_of


def pairs(asked: Sequence[Asked], since: int, now: int) -> list[PairFigures]:
    """Who asks whom, what needs a look first."""
    found = [
        PairFigures(asking_project=asking, project=project, **_counts(questions, since, now))
        for (asking, project), questions in grouped(asked, lambda each: (each.asking, each.project)).items()
    ]
    return sorted(found, key=lambda each: (_weight(each), each.project, each.asking_project or ""))


def projects(asked: Sequence[Asked], at_once: Mapping[str, int], since: int, now: int) -> list[ProjectFigures]:
    """What is asked of each project that was asked anything, what needs a look first."""
    found = [
        ProjectFigures(
            project=project,
            at_once=at_once.get(project),
            at_limit=_at_limit(questions, at_once.get(project), since, now),
            longest_queue=most_at_once(cut((each.waiting(now + 1) for each in questions), since, now + 1)),
            **_counts(questions, since, now),
        )
        for project, questions in grouped(asked, lambda each: each.project).items()
    ]
    return sorted(found, key=lambda each: (_weight(each), each.project))


def answerers(asked: Sequence[Asked], since: int) -> list[AnswererFigures]:
    """What each member has answered for each project, or has to answer, whoever has answered most first."""
    begun = [each for each in asked if each.holder is not None and each.state != "cancelled"]
    found = [
        AnswererFigures(
            name=name or "",
            project=project,
            answered=states["answered"],
            cannot_say=states["cannot_say"],
            has=sum(each.state == "asked" for each in questions),
            at_work=_waits(questions, since, lambda each: each.at_work),
        )
        for (name, project), questions in grouped(begun, lambda each: (each.holder, each.project)).items()
        for states in [_states(questions, since)]
    ]
    return sorted(found, key=lambda each: (-each.has, -each.answered, each.name, each.project))


def _weight(counts: Any) -> tuple[int, int, int]:
    return -counts.overdue, -counts.open, -counts.asked


def _states(questions: Iterable[Asked], since: int) -> Counter[str]:
    return Counter(each.state for each in questions if each.asked_at >= since)


def _counts(questions: Sequence[Asked], since: int, now: int) -> dict[str, Any]:
    """The fields of `Counts`."""
    states = _states(questions, since)
    unended = [each for each in questions if each.ended_at is None]
    oldest = min(unended, key=lambda each: (each.asked_at, each.id), default=None)
    return {
        "asked": states.total(),
        "answered": states["answered"],
        "cannot_say": states["cannot_say"],
        "cancelled": states["cancelled"],
        "open": len(unended),
        "queued": sum(each.state == "queued" for each in unended),
        "overdue": sum(each.is_overdue(now) for each in unended),
        "until_begun": _waits(questions, since, lambda each: each.until_begun),
        "until_answered": _waits(questions, since, lambda each: each.until_answered),
        "oldest_open": oldest and oldest.id,
        "oldest_open_at": oldest and oldest.asked_at,
    }


def _waits(questions: Iterable[Asked], since: int, wait: Callable[[Asked], int | None]) -> Waits:
    waits = [wait(each) for each in questions if each.asked_at >= since]
    return Waits(median_ms=percentile(waits, 50), p90_ms=percentile(waits, 90))


def _at_limit(questions: Iterable[Asked], at_once: int | None, since: int, now: int) -> float | None:
    if at_once is None or now <= since:
        return None
    return round(time_of(cut((each.answering(now) for each in questions), since, now), at_once) / (now - since), 4)
