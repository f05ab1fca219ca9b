"""A kit that checks any runtime against what it declares, for tests of runtimes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from uuid import uuid4

from pydantic import BaseModel

from teammcp import (
    Children,
    Launch,
    Listener,
    McpServer,
    PermissionAnswer,
    PermissionQuestion,
    Runtime,
    Session,
    TokenUsage,
    ToolUse,
    Turn,
    TurnEnd,
)

SECONDS = 20.0
"""Seconds within which what is expected of a program happens."""
KEY_VARIABLE = "TEAMMCP_KEY"
KEY = "tmk_kit_7f3f6bd1c0a94a2e"
"""The agent's key in all checks; nothing is to show it."""


@dataclass(frozen=True)
class Heard:
    """One call of a listener: the method's name, and what it was given."""

    what: str
    value: Any


class Recorder(Listener):
    """A listener that writes down what it hears.

    Args:
        answer: of permission questions; an exception is raised instead of answering.
        seconds: within which what is waited for happens.
    """

    def __init__(self, answer: PermissionAnswer | Exception, seconds: float = SECONDS) -> None:
        self.heard: list[Heard] = []
        self.cancelled = 0
        """Questions that were cancelled before they were answered."""
        self._answer = answer
        self._seconds = seconds
        self.silent = asyncio.Event()
        """While it is set, questions are not answered."""
        self._news = asyncio.Event()

    def _add(self, what: str, value: Any) -> None:
        self.heard.append(Heard(what, value))
        self._news.set()
        self._news = asyncio.Event()

    def conversation(self, id: str, *, resumed: bool) -> None:
        self._add("conversation", (id, resumed))

    def taken_up(self, turn: str) -> None:
        self._add("taken_up", turn)

    def text(self, text: str) -> None:
        self._add("text", text)

    def thought(self, text: str) -> None:
        self._add("thought", text)

    def tool(self, use: ToolUse) -> None:
        self._add("tool", use)

    def plan(self, steps: Sequence[tuple[str, Literal["pending", "doing", "done"]]]) -> None:
        self._add("plan", list(steps))

    def usage(self, usage: TokenUsage) -> None:
        self._add("usage", usage)

    def note(self, text: str) -> None:
        self._add("note", text)

    async def ask(self, question: PermissionQuestion) -> PermissionAnswer:
        self._add("ask", question)
        if self.silent.is_set():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def turn_ended(self, end: TurnEnd) -> None:
        self._add("turn_ended", end)

    def all(self, what: str) -> list[Any]:
        """What was heard of one kind, in order."""
        return [heard.value for heard in self.heard if heard.what == what]

    @property
    def conversation_id(self) -> str | None:
        """The last that was told."""
        told = self.all("conversation")
        return told[-1][0] if told else None

    async def until(self, reached: Callable[[], bool], what: str) -> None:
        """Wait until something is so; AssertionError, with all that was heard, if it is not in time."""
        try:
            async with asyncio.timeout(self._seconds):
                while not reached():
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{what}: not within {self._seconds:g} s. Heard: {self.heard}") from None

    async def until_ended(self, turns: int = 1) -> TurnEnd:
        """Wait until so many turns have ended; how the last one did."""
        await self.until(lambda: len(self.all("turn_ended")) >= turns, f"the end of turn {turns}")
        return cast(TurnEnd, self.all("turn_ended")[turns - 1])


@dataclass(frozen=True)
class Prompts:
    """What makes the program of a subject do what the checks look at. A real one needs a model that obeys.

    Attributes:
        say: answer ``pong``.
        work: be busy for a minute.
        rest: use a tool that takes two seconds, then end the turn.
        write: write the file whose path stands for ``{path}``, with a tool that has to be allowed, then end the turn.
        leave: start ``sleep 300`` in a session of its own, which stays, then end the turn.
        recall: answer ``yes, WORD`` if the word that stands for ``{word}`` occurred in an earlier turn.
    """

    say: str
    work: str
    leave: str
    rest: str = ""
    write: str = ""
    recall: str = ""


@dataclass
class Trial:
    """A session that was started for a test, and what its listener hears."""

    session: Session
    heard: Recorder

    async def send(self, text: str) -> str:
        """Send a turn; its id."""
        turn = Turn(str(uuid4()), text)
        await self.session.send(turn)
        return turn.id

    async def turn(self, text: str) -> TurnEnd:
        """Send a turn and wait for its end."""
        ended = len(self.heard.all("turn_ended"))
        await self.send(text)
        return await self.heard.until_ended(ended + 1)

    def said(self) -> str:
        """All that it has said."""
        return "\n".join(self.heard.all("text"))

    async def until_tool(self, status: str) -> None:
        """Wait until it uses a tool, or has used one."""
        await self.heard.until(lambda: any(use.status == status for use in self.heard.all("tool")), f"a tool {status}")

    def last_tool(self) -> ToolUse:
        """The last that was told of a tool."""
        return cast(ToolUse, self.heard.all("tool")[-1])

    def used_in_turns(self) -> list[TokenUsage]:
        """What each turn has used."""
        turns = [TokenUsage()]
        for heard in self.heard.heard:
            if heard.what == "turn_ended":
                turns.append(TokenUsage())
            elif heard.what == "usage":
                turns[-1] = _sum(turns[-1], heard.value)
        return turns[:-1]


def _sum(one: TokenUsage, other: TokenUsage) -> TokenUsage:
    return TokenUsage(
        one.tokens_in + other.tokens_in,
        one.tokens_out + other.tokens_out,
        round(one.cost_usd + other.cost_usd, 9),
        other.model,
    )


def pong(trial: Trial) -> bool:
    """Whether it has answered as `Prompts.say` wants it."""
    return "pong" in trial.said()


@dataclass
class Subject:
    """A runtime with all that is needed to try it.

    Attributes:
        folder: an empty one of the test's.
        environment: of the program; an agent's key is added if there is none.
        prompts: what makes the program do things.
        options: of the runtime; made of nothing by default.
        settles: seconds after which a turn that was taken up is in the model's hands.
        seconds: within which what is expected happens.
    """

    runtime: Runtime
    folder: Path
    environment: Mapping[str, str]
    prompts: Prompts = Prompts("", "", "")
    options: BaseModel | None = None
    model: str = ""
    mcp: McpServer | None = None
    guide: str = "You are a test."
    settles: float = 0.1
    seconds: float = SECONDS

    def launch(self, conversation: str | None = None) -> Launch:
        """What a session is started with."""
        work, private = self.folder / "work", self.folder / "private"
        for folder in (work, private):
            folder.mkdir(exist_ok=True)
        return Launch(
            agent="kit",
            run=1,
            folder=work,
            private=private,
            environment={KEY_VARIABLE: KEY, **self.environment},
            options=self.options or self.runtime.Options(),
            model=self.model,
            guide=self.guide,
            conversation=conversation,
            policy="ask",
            mcp=self.mcp,
            children=Children(self.folder, "kit"),
        )

    @asynccontextmanager
    async def start(
        self,
        conversation: str | None = None,
        answer: PermissionAnswer | Exception = PermissionAnswer(True),  # noqa: B008 - frozen
    ) -> AsyncIterator[Trial]:
        """A session; it is ended with all its processes when the block is left."""
        heard = Recorder(answer, self.seconds)
        session = await self.runtime.start(self.launch(conversation), heard)
        try:
            yield Trial(session, heard)
        finally:
            await session.close()
            if left := await session.family().end(0):
                raise AssertionError(f"These cannot be ended: {left}")
            await session.wait()
