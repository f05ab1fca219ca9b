"""What is an occasion to tell somebody of a member, and what has to come before it: the rules alone.

Each row is a latch: something arms it, such as that the member is at work, and only an armed one makes its occasion
one, so that each is told once. `online` says nothing of what a member does; it arms none, and none goes off by it.
"""

from __future__ import annotations

from ...members.presence import MemberStatus, Status
from .models import What

MINUTE = 60_000
"""Milliseconds for which a watcher who was told is not told again by the same row."""
AT_WORK: frozenset[Status] = frozenset({"busy", "waiting", "blocked"})
ARMS: dict[What, frozenset[Status]] = {
    "idle": AT_WORK.union({"away", "dead"}),
    "done": frozenset({"busy", "waiting"}),  # a member is also blocked because it is held, or was not reached
}


def holds(what: What, status: MemberStatus, *, reachable: bool) -> bool:
    """Whether it is so at this moment. That something is done is never so: it happens."""
    if what == "reachable":
        return reachable
    return what == "idle" and status.status == "idle"


def armed_at_first(what: What, status: MemberStatus, *, reachable: bool) -> bool:
    """Whether the next occasion is one for somebody who begins to watch now."""
    if what == "done":
        return status.status in AT_WORK
    return not holds(what, status, reachable=reachable)


def armed_by(status: Status) -> list[What]:
    """What a status has to come before."""
    return [what for what, statuses in ARMS.items() if status in statuses]


def occasions_of(status: Status) -> list[What]:
    """What a status is the occasion of."""
    return ["idle", "done"] if status == "idle" else []


def rests(told_at: int | None, now: int) -> bool:
    """Whether a watcher was told so short a time ago that the next occasion is only counted."""
    return told_at is not None and 0 <= now - told_at < MINUTE
