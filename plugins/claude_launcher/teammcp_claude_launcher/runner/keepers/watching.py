"""What a run is watched for: whether it works, is stuck, or has nothing to do. It is judged by what is heard of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...entries import FAILURE_SECONDS, Used
from ...protocol import Limits
from ...usage import MICROS, over
from .turns import OpenTurn, Turns

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds until a program that has failed is started again: twice as long each time."""

Verdict = Literal["asleep", "hung"]


@dataclass
class Watch:
    """When something was heard of a run last.

    Attributes:
        heard_at: seconds of the clock that nobody sets.
        worked_at: when it was last heard to work, which is more than that it shows or notes something.
        idle_since: since when it has nothing to do.
        questions: permission questions that nobody has answered. Who waits for an answer is not stuck.
    """

    heard_at: float
    worked_at: float
    idle_since: float
    questions: int = 0

    def verdict(self, limits: Limits, turns: Turns, now: float) -> Verdict | None:
        """Whether the run is to be ended, and why."""
        if self._left(limits, turns, now) > 0:
            return None
        return "hung" if turns.open else "asleep"

    def silent(self, limits: Limits, turns: Turns, now: float) -> list[OpenTurn]:
        """Turns that nothing has shown to be taken up, for long enough to be told of; each once.

        That something else is heard, as of a terminal in which somebody types, is no sign that it has the turn.
        """
        found = [turn for turn in turns.untaken if not turn.is_told and self._sign_due(limits, turn) <= now]
        for turn in found:
            turn.is_told = True
        return [turn for turn in found if self.worked_at <= turn.written_at]

    def rest(self, limits: Limits, turns: Turns, now: float) -> float:
        """Seconds for which nothing can become due unless something happens."""
        signs = [self._sign_due(limits, turn) - now for turn in turns.untaken if not turn.is_told]
        return max(0.0, min([self._left(limits, turns, now), *signs]))

    def _left(self, limits: Limits, turns: Turns, now: float) -> float:
        if not turns.open:
            return self.idle_since + limits.idle_seconds - now
        if self.questions:
            return limits.quiet_seconds
        return self.heard_at + limits.quiet_seconds - now

    def _sign_due(self, limits: Limits, turn: OpenTurn) -> float:
        return turn.written_at + limits.sign_seconds


@dataclass
class Spent:
    """What a run has used."""

    cost_micros: int = 0
    tokens: int = 0

    def add(self, used: Used) -> None:
        """So much more."""
        self.cost_micros += round(used.cost_usd * MICROS)
        self.tokens += used.tokens_in + used.tokens_out

    def over(self, limits: Limits) -> str:
        """Which limit of a run it has used up; empty if none."""
        return over(self.cost_micros / MICROS, limits.cost_usd, self.tokens, limits.tokens)


@dataclass
class Failures:
    """When runs of an agent have failed, and how long to wait before the next."""

    times: tuple[float, ...] = ()

    def add(self, now: float) -> None:
        """One more."""
        self.times = (*(time for time in self.times if time > now - FAILURE_SECONDS), now)

    def forget(self) -> None:
        """Somebody has looked, and starts it again."""
        self.times = ()

    def pause(self, restarts: int) -> float | None:
        """Seconds until it is started again; None if it failed too often: then somebody has to look first."""
        if len(self.times) > restarts:
            return None
        return min(FIRST_PAUSE * float(2 ** max(0, len(self.times) - 1)), LONGEST_PAUSE)
