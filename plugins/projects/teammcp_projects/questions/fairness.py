"""Which question is next, and who is to answer it: pure rules.

A *lane* is all that one project, or a member that works in none, asks another project. It is answered in order; lanes
take turns, so that nobody who asks much keeps others waiting.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A question that waits.

    Attributes:
        id: of the question; a later one has a greater one.
        lane: in which it waits.
        priority: the greater, the sooner within its lane.
        asker: who has asked it.
        retry_at: before which it is not tried again, in milliseconds; 0 if it was not tried.
    """

    id: int
    lane: str
    priority: int
    asker: str
    retry_at: int = 0


@dataclass(frozen=True)
class Answerer:
    """A member that answers for the project.

    Attributes:
        name: of the member.
        here: whether it is here now.
        free: whether it has no question to answer.
    """

    name: str
    here: bool
    free: bool


def in_order(waiting: Iterable[Waiting], begun: Mapping[str, int], taken: Collection[str]) -> list[Waiting]:
    """The questions that may be begun, the next one first: one of each lane that answers none now.

    Args:
        waiting: all that wait.
        begun: lane -> when a question of it was begun last.
        taken: the lanes of which a question is being answered.
    """
    first: dict[str, Waiting] = {}
    for each in sorted(waiting, key=lambda each: (-each.priority, each.id)):
        if each.lane not in taken:
            first.setdefault(each.lane, each)
    return sorted(first.values(), key=lambda each: (begun.get(each.lane, 0), each.id))


def places(waiting: Iterable[Waiting], begun: Mapping[str, int], taken: Collection[str]) -> dict[int, int]:
    """The place of each question that waits, from 1: how it would go if each answer took equally long.

    So what was begun first is answered first, and then the next one is begun.
    """
    lanes: dict[str, list[int]] = {}
    for each in sorted(waiting, key=lambda each: (each.priority, -each.id)):  # the next one of a lane last
        lanes.setdefault(each.lane, []).append(each.id)
    turn = max([0, *begun.values()])
    turns = [(begun.get(lane, 0), ids[-1], lane) for lane, ids in lanes.items() if lane not in taken]
    heapq.heapify(turns)
    answering = deque(sorted((begun.get(lane, 0), lane) for lane in taken))
    found: dict[int, int] = {}
    while answering or turns:
        if answering:
            began, lane = answering.popleft()
            if left := lanes.get(lane):
                heapq.heappush(turns, (began, left[-1], lane))
        if turns:
            _, number, lane = heapq.heappop(turns)
            lanes[lane].pop()
            found[number] = len(found) + 1
            answering.append((turn + len(found), lane))
    return found


def choose(answerers: Iterable[Answerer], question: Waiting, before: str | None) -> str | None:
    """Who is to answer a question: one that is free, here if possible, who has answered the lane before if possible.

    Args:
        answerers: those of the project.
        question: the question, which its own asker does not answer.
        before: who has answered the lane last.

    Returns:
        The name; None if nobody is free.
    """
    free = [each for each in answerers if each.free and each.name != question.asker]
    found = min(free, key=lambda each: (not each.here, each.name != before, each.name), default=None)
    return None if found is None else found.name
