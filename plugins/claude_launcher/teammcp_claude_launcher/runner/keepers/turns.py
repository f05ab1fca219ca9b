"""The turns of one run: written, taken up, over; and what the program says in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..fitting import Grown
from .deliveries import Kept

KEPT = 256 * 1024
"""Characters that are kept of what a program says in a turn: more than is sent of it, or shown."""


@dataclass
class OpenTurn:
    """A turn that was written and is not over.

    Attributes:
        id: its UUID.
        messages: what it is about.
        written_at: seconds of the clock that nobody sets.
        is_taken: the program has shown that it has it.
        is_told: somebody was told that it shows no sign of life.
    """

    id: str
    messages: Sequence[Kept]
    written_at: float
    is_taken: bool = False
    is_told: bool = False


@dataclass
class ClosedTurns:
    """Turns that are over together.

    Attributes:
        turns: them, oldest first.
        answer: what the program said at the end.
        said: all that it said.
    """

    turns: list[OpenTurn]
    answer: str
    said: str

    @property
    def messages(self) -> list[Kept]:
        """What they were about, oldest first."""
        found = [kept for turn in self.turns for kept in turn.messages]
        return sorted(found, key=lambda kept: kept.message.id)


@dataclass
class Turns:
    """The turns of one run.

    Attributes:
        written: how many.
        task: the task that the messages of the running turn, or else of the last one, are about; None for none.
    """

    written: int = 0
    task: int | None = None
    _open: dict[str, OpenTurn] = field(default_factory=dict)
    _said: Grown = field(default_factory=lambda: Grown(KEPT))
    _answer: Grown = field(default_factory=lambda: Grown(KEPT))
    _last: str = ""

    @property
    def open(self) -> list[OpenTurn]:
        """Those that are not over, oldest first."""
        return list(self._open.values())

    @property
    def untaken(self) -> list[OpenTurn]:
        """Those of which the program has not shown that it has them."""
        return [turn for turn in self._open.values() if not turn.is_taken]

    def write(self, id: str, messages: Sequence[Kept], now: float) -> None:
        """One is about to be written."""
        self.written += 1
        self._open[id] = OpenTurn(id, messages, now)
        self.task = self._about()

    def take_up(self, id: str) -> bool:
        """The program has shown that it has one; whether that is news."""
        turn = self._open.get(id)
        if turn is None or turn.is_taken:
            return False
        turn.is_taken = True
        return True

    def say(self, text: str) -> None:
        """The program says something."""
        self._said.add(text)
        self._answer.add(text)
        self._last = text

    def use_tool(self) -> None:
        """The program does something: what it said until now was on the way, and is not its answer."""
        self._answer = Grown(KEPT)

    def end(self) -> ClosedTurns:
        """The running turn is over, with all that joined it. What was not taken up is the program's next."""
        over = [turn for turn in self._open.values() if turn.is_taken]
        for turn in over:
            del self._open[turn.id]
        if self._open:
            self.task = self._about()
        answer = self._answer.text() or self._last
        closed = ClosedTurns(over, answer.strip(), self._said.text().strip())
        self._said, self._answer, self._last = Grown(KEPT), Grown(KEPT), ""
        return closed

    def _about(self) -> int | None:
        """The task of the turns that are not over: there is one at most."""
        kept = (kept for turn in self._open.values() for kept in turn.messages)
        return next((each.task for each in kept if each.task is not None), None)
