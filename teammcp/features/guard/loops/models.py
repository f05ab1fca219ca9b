"""Public shapes of stopped loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ....arguments.fields import Timestamp
from ....operations import Result
from ....storage import LARGEST_ID

LoopKind = Literal["exchange", "monologue", "repeat"]
LoopId = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class Loop(Result):
    """Agents that were stopped in a channel: ``count`` messages within ``seconds`` were as many as allowed.

    ``kind``: two agents answering each other (exchange), one talking on (monologue) or saying the same again (repeat).
    """

    id: int
    kind: LoopKind
    channel: str
    agents: list[str]
    count: int
    seconds: int
    stopped_at: Timestamp
    released_at: Timestamp | None
    released_by: str | None

    def text(self) -> str:
        until = f"released by {self.released_by}" if self.released_by else "stopped"
        return f"[loop {self.id}] {self.story()} ({until})"

    def story(self) -> str:
        """One sentence without a full stop: what happened."""
        return what_happened(self.kind, self.agents, self.channel, self.count, self.seconds)


class Loops(Result):
    """Loops, newest first. ``next`` is the cursor of the following page, null on the last."""

    loops: list[Loop]
    next: int | None

    def text(self) -> str:
        lines = [loop.text() for loop in self.loops] or ["(no loops)"]
        return "\n".join([*lines, f"(more: cursor={self.next})"] if self.next else lines)


def what_happened(kind: LoopKind, agents: Sequence[str], channel: str, count: int, seconds: int) -> str:
    """One sentence without a full stop."""
    names, within = " and ".join(agents), f"within {seconds} s"
    if kind == "exchange":
        return f"{names} exchanged {count} messages in {channel} {within}, without a person's word between"
    if kind == "monologue":
        return f"{names} sent {count} messages to {channel} {within}, while nobody else said anything"
    return f"{names} said the same {count} times in {channel} {within}"
