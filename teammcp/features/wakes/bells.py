"""When an agent's program is rung: the rules, apart from all that they are applied to.

Times are milliseconds. A *ring* is one line in one session; a *round* is all rings for the same messages.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from ...arguments.quiet import MINUTE
from ...members.presence import MemberStatus
from .settings import WakeSettings

HOUR = 3_600_000
_NUMBER = re.compile(r"(\d{1,18})-(\d{1,3})")
SIT: frozenset[str] = frozenset({"idle", "online", "blocked"})
"""What an agent does that may be rung. A busy one hears by its hooks; before one that waits for a person a dialog is
open, which a line could answer."""


class Verdict(Enum):
    """What is to happen now."""

    NOTHING = "nothing"
    RING = "ring"
    GIVE_UP = "give up"


@dataclass(frozen=True)
class Waiting:
    """The messages that wait for an agent, and that no reader has been handed or that have come back from one.

    Attributes:
        newest: the id of the newest; 0 if there is none.
        sent_at: when that was sent.
        oldest: the id of the oldest that has not arrived, handed to a reader or not.
    """

    newest: int = 0
    sent_at: int = 0
    oldest: int = 0


@dataclass
class Bell:
    """How one agent was rung.

    Attributes:
        newest: the newest message of this round.
        oldest: the oldest one that had not arrived at the last look.
        rings: how often it was rung in this round.
        rung_at: when that was last; None before the first time.
        slow: how much longer a sign of that may take.
        last: for which message it was rung last, and for the how manyth time, whatever became of the times before.
        failure: what the helper said of the last ring, if that could not be written.
        given_up: whether this round is over, in vain.
        told: up to which message the senders were told that the agent was not reached.
        refused_at: when senders were told last that a plugin keeps it from being rung.
        times: when it was rung in the last hour.
    """

    newest: int = 0
    oldest: int = 0
    rings: int = 0
    rung_at: int | None = None
    slow: int = 0
    last: tuple[int, int] = (0, 0)
    failure: str = ""
    given_up: bool = False
    told: int = 0
    refused_at: int | None = None
    times: deque[int] = field(default_factory=deque)

    def begin(self, waiting: Waiting, *, silent: bool = False) -> None:
        """Begin a new round if there are newer messages, or none any more, or some have arrived.

        ``silent``: no sign has come since the last ring. Then newer messages join the round, unless some have arrived:
        else they would put off for ever that their senders hear that it is not reached.
        """
        arrived, newer = waiting.oldest > self.oldest, waiting.newest > self.newest
        self.oldest = waiting.oldest
        if waiting.newest and not newer and (self.given_up or not arrived):
            return
        joins = silent and waiting.newest and not (arrived or self.given_up)
        self.newest = waiting.newest
        if not joins:
            self.rings, self.failure, self.given_up = 0, "", False

    def ring(self, now: int, slow: int = 0) -> None:
        """It is rung now."""
        self.slow = slow
        self.rings, self.rung_at, self.failure = self.rings + 1, now, ""
        self.times.append(now)
        message, times = self.last
        self.last = self.newest, times + 1 if message == self.newest else 1

    @property
    def number(self) -> str:
        """That of the last ring. None comes twice: a program may drop a line that is equal to one shortly before."""
        message, times = self.last
        return f"{message}-{times}"

    def recall(self, number: str) -> None:
        """Take up the round of before the server was started, by what the helper tells of its last ring."""
        found = _NUMBER.fullmatch(number)
        if found is not None and self.last == (0, 0):
            self.newest, self.rings = self.last = int(found[1]), int(found[2])
            self.oldest = self.newest

    def may_tell_of_refusal(self, now: int) -> bool:
        """Whether senders are to be told now that a plugin keeps it from being rung: of news, and once in a minute."""
        return self.newest > self.told and (self.refused_at is None or now >= self.refused_at + MINUTE)

    def rests_until(self, hourly: int, now: int) -> int | None:
        """Until when it is not rung, because it was so often in the hour before; None if it may be. 0 is no limit."""
        while self.times and self.times[0] <= now - HOUR:
            self.times.popleft()
        return self.times[0] + HOUR if hourly and len(self.times) >= hourly else None


def judge(
    bell: Bell, waiting: Waiting, doing: MemberStatus, settings: WakeSettings, now: int
) -> tuple[Verdict, int | None]:
    """What is to happen now, and if nothing, when that may change by itself (None: not before something happens)."""
    silent = bell.rung_at is not None and (doing.since is None or doing.since <= bell.rung_at)
    bell.begin(waiting, silent=silent)
    if not waiting.newest or bell.given_up or doing.status not in SIT:
        return Verdict.NOTHING, None
    if now - waiting.sent_at >= settings.fresh_minutes * MINUTE and not bell.rings:
        return Verdict.NOTHING, None
    due = 0 if doing.since is None else doing.since + round(settings.idle_seconds * 1000)
    if bell.rung_at is not None and silent:
        due = max(due, bell.rung_at + bell.slow + round(settings.sign_seconds * 1000))
    if due > now:
        return Verdict.NOTHING, due
    if bell.rings >= settings.rings:
        return Verdict.GIVE_UP, None
    rests = bell.rests_until(settings.hourly, now)
    return (Verdict.RING, None) if rests is None else (Verdict.NOTHING, rests)
