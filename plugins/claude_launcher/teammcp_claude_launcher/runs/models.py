"""Public shapes of runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from teammcp import LARGEST_ID, AnyWords, Author, Result, Timestamp, Words, quote

from ..entries import RunState

RunId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
ShownState = Literal[RunState, "unreachable"]
"""``unreachable``: the run has not ended as far as is known, but its machine's runner is not connected."""


class Run(Result):
    """One life of an agent's program.

    ``state`` is what is known now, and ``state_reason`` why it is so. ``heard_at``: when its machine was last heard of,
    while it is unreachable. Once it has ended, ``reason`` is why, ``meaning`` what that means and ``remedy`` what can
    be done; ``detail`` and ``last_output`` are of this run.
    """

    run_id: int
    agent: Author
    machine: Words
    runtime: str
    task_id: int | None = Field(description="The task that it works on in its turn, as far as that is known")
    cause: Words
    state: ShownState
    state_reason: Words
    heard_at: Timestamp | None
    resumed: bool
    conversation: Words | None
    program: Words
    folder: Words
    pid: int | None
    turns: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    last_words: Words
    lacks_tools: bool = Field(description="It is given the team's tools, and was done with a turn without them")
    asked_at: Timestamp
    started_at: Timestamp | None
    changed_at: Timestamp
    ended_at: Timestamp | None
    reason: str
    meaning: str
    remedy: str
    detail: Words
    exit_code: int | None
    last_output: Words

    def text(self) -> str:
        """One line for a model, and what to do if it has ended badly."""
        line = f"run {self.run_id} of {self.agent} on {quote(self.machine)} by {self.runtime}: {self.state}"
        why = self.reason or self.state_reason
        line += f" ({quote(why)})" if why else ""
        line += f", {self.turns} turns, {self.tokens_in + self.tokens_out} tokens, ${self.cost_usd:.4f}"
        if self.ended_at is not None:
            line += f". {self.meaning} {self.remedy}"
            line += f" Detail: {quote(self.detail)}" if self.detail else ""
        if self.last_words:
            line += f"\nlast words: {quote(self.last_words)}"
        return line


class RunList(RootModel[list[Run]]):
    """Runs, newest first. Of a full page the last one's id is the ``before`` of the next."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(each.text() for each in self.root) or "no runs"


class RunEntry(Result):
    """Something that happened in a run; ``entry`` has a ``kind``, and what that kind has."""

    seq: int
    at: Timestamp
    entry: AnyWords


class RunEntries(Result):
    """What happened in a run, oldest first.

    ``more``: there are others on the side to which was asked. ``ended``: the run is over, so nothing more will come.
    """

    run_id: int
    entries: list[RunEntry]
    more: bool
    ended: bool


class Process(Result):
    """A process of an agent's program: ``memory`` in bytes."""

    pid: int
    name: Words
    memory: int
    started_at: Timestamp | None


class AgentProcess(Result):
    """An agent's program as it is now: its run, the live one or else the last, and its processes.

    ``note`` says why there are none where one would expect some.
    """

    agent: Author
    run: Run | None
    processes: list[Process]
    note: str


class Begun(Result):
    """The run that was granted, and the messages of the turn in whose middle the agent has left another machine."""

    run: int
    unfinished: list[int] = []


class Recorded(Result):
    """Up to which number the journal is stored."""

    stored: int


class Settled(Result):
    """Runs that were given up for lost, and such as live after all."""

    lost: list[int]
    found: list[int]


class Forgotten(Result):
    """How many runs have lost their entries, and whether there are more to forget."""

    runs: int
    more: bool


Row = Any
