"""Public shapes of waking."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...arguments.fields import Line, Timestamp
from ...operations import Result
from ...text.untrusted import Author, Words, quote
from ..messages import Message

SessionName = Annotated[Line, Field(min_length=1, max_length=120)]
"""What tells the sessions of an agent's programs apart: ``claude:4711``."""
Way = Literal["inbox_socket", "rewake", "codex_daemon", "codex_queue", "opencode_plugin", "qwen_socket"]
"""How the line gets into a session."""


Said = Literal["idle", "busy", "waiting"]
"""What a program says of itself; ``waiting`` is before a dialog that only a person may answer."""


class Ring(Result):
    """A line for the session, or none: then ask again.

    ``number`` names the ring in what the helper says of it. ``messages`` are those that the line itself brings; the
    helper confirms them once the program has shown that it has them.
    """

    number: str = ""
    line: str = ""
    messages: list[Message] = []

    def text(self) -> str:
        """The line."""
        return self.line or "(nobody is to be woken)"


class Noted(Result):
    """Whether that was news."""

    noted: bool


class SessionEnded(Result):
    """Whether it was known."""

    known: bool


class WakeState(Result):
    """Whether an agent's idle program is woken.

    ``ways``: by which, now; none if no program of it with a helper runs. ``rung_at``: when it was rung last.
    ``not_reached``: why that was in vain, if it was.
    """

    agent: Author
    woken: bool
    quiet: str
    ways: list[Way]
    rung_at: Timestamp | None
    not_reached: Words

    def text(self) -> str:
        """In a line."""
        if not self.woken:
            return f"{self.agent} is not woken: that is switched off."
        how = f"is woken by {', '.join(self.ways)}" if self.ways else "has no program that could be woken now"
        quiet = f", not from {self.quiet.replace('-', ' to ')}" if self.quiet else ""
        failed = f". Not reached: {quote(self.not_reached)}" if self.not_reached else ""
        return f"{self.agent} {how}{quiet}{failed}."


class WakeTrial(Result):
    """What came of a ring that was tried.

    ``taken``: the helper was given the line. ``failure``: why it could not write it, if it says so. ``sign``: the
    program has taken it up; ``milliseconds``: how long that took.
    """

    session: str
    way: Way
    taken: bool
    failure: Words
    sign: bool
    milliseconds: int | None

    def text(self) -> str:
        """In a line."""
        if self.sign:
            return f"{self.session} has taken up the line after {self.milliseconds} ms ({self.way})."
        if self.failure:
            return f"The line could not be put into {self.session}: {quote(self.failure)}"
        if not self.taken:
            return f"The helper of {self.session} did not take the line."
        return f"{self.session} was given the line, and shows no sign of having taken it up."


class SendersTold(Result):
    """Who was told."""

    recipients: list[Author]


class Wake(BaseModel):
    """A ring that is about to happen, for the hook ``before_wake``.

    Attributes:
        agent: whose program.
        session: in which session of it.
        rings: how often it was rung for the same messages before.
        messages: the oldest of those that wait for it, for which it would be rung.
    """

    model_config = ConfigDict(frozen=True)

    agent: str
    session: str
    rings: int
    messages: tuple[Message, ...] = ()
