"""Public shapes of machines."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from teammcp import Author, Line, NotBlank, Result, Timestamp, Words

from ..protocol import FoundInRepository

MachineName = Annotated[Line, Field(min_length=1, max_length=64), NotBlank]


class RuntimeOnMachine(Result):
    """A runtime on a machine: its program, or why it is not there."""

    name: str
    title: Words
    program: Words
    version: Words
    missing: Words


class Machine(Result):
    """A machine that runs agents.

    ``connected``: whether its runner is connected now; ``seen_at`` is when it was last heard of. ``agents`` are those
    who live there. ``copy_place``, ``copy_at``: a runner in a copy of its runner's folder was turned away
    within the last day; where that lies, and when.
    """

    name: Words
    is_local: bool
    connected: bool
    platform: Words
    version: Words
    runtimes: list[RuntimeOnMachine]
    agents: list[str]
    added_by: Author
    added_at: Timestamp
    seen_at: Timestamp | None
    copy_place: Words
    copy_at: Timestamp | None
    revoked_by: Author | None
    revoked_at: Timestamp | None


class MachineList(RootModel[list[Machine]]):
    """All machines, by name."""


class JoinToken(Result):
    """A token with which one machine can join, once, and the command for that."""

    token: str
    expires_at: Timestamp
    command: str
    only_here: bool = Field(
        description="Whether the command works on the server's own machine only, as the setting url is not set"
    )


class Joined(Result):
    """A machine that has joined, and the key of its runner."""

    team: str
    machine: str
    key: str


class Revoked(Result):
    """A machine whose key does not work any more.

    ``agents`` lived there: their keys were replaced, and they are held. ``runs`` have ended with it.
    """

    machine: str
    agents: list[str]
    runs: list[int]


class Connected(Result):
    """Up to which number the journal of a runner is stored."""

    stored: int


class Noted(Result):
    """Something of a machine was written down."""

    machine: str


class LookedInto(Result):
    """What was found in a repository. ``same``: whether the lines are as was said; None if they were not compared."""

    found: FoundInRepository
    same: bool | None = None
