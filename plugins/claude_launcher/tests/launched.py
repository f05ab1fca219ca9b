"""An agent that is run here, and runs of it with all that can happen in one, for tests of pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict, Field
from teammcp_claude_launcher.entries import (
    Answered,
    Asked,
    Change,
    Conversation,
    Entry,
    Noted,
    Plan,
    Said,
    Started,
    State,
    Step,
    TakenUp,
    TeamTools,
    Thought,
    Tool,
    TurnOver,
    TurnWritten,
    Used,
)
from teammcp_claude_launcher.protocol import FoundRuntime

from teammcp import Capabilities, InstalledProgram, Launch, Listener, Runtime, Session, hookimpl
from teammcp.testing import TestTeam

from .runners import FakeRunner, join


class Options(BaseModel):
    """One of each kind of field."""

    model_config = ConfigDict(extra="forbid")

    loud: bool = Field(False, title="Loud", description="Whether it shouts")
    words: list[str] = Field([], title="Words", description="What it can say")
    times: int = Field(1, title="Times", description="How often it says it")
    pause: float | None = Field(None, title="Pause", description="Seconds between two words")


class Parrot(Runtime):
    """A runtime that is never started."""

    name, title, description = "parrot", "Parrot", "Says what it hears."
    capabilities = Capabilities(resume=True, permission=True)
    Options = Options

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        """It is there."""
        return InstalledProgram("/bin/parrot")

    async def start(self, launch: Launch, listener: Listener) -> Session:
        """See above."""
        raise NotImplementedError


class Birds:
    """The plugin that contributes it."""

    @hookimpl
    def register_runtimes(self) -> list[Runtime]:
        """See the hook."""
        return [Parrot()]


FOUND = [
    FoundRuntime(name="parrot", title="Parrot", program="/bin/parrot", version="2.0"),
    FoundRuntime(name="command", title="Any command", missing="There is no shell."),
]


@asynccontextmanager
async def machine(team: TestTeam) -> AsyncIterator[FakeRunner]:
    """The machine box with its parrot, as long as it is connected."""
    runner = await join(team)
    hello = runner.hello().model_copy(update={"runtimes": FOUND})
    runner.hello = lambda: hello  # type: ignore[method-assign]
    async with runner.connected():
        yield runner


@asynccontextmanager
async def polly_at_home(team: TestTeam) -> AsyncIterator[FakeRunner]:
    """The machine on which polly lives, who is to run."""
    await team.agent("polly")
    async with machine(team) as runner:
        await team.owner.call("start_agent", name="polly", runtime="parrot", machine="box", new_key=True)
        yield runner


def everything(message: int) -> list[Entry]:
    """What may happen in a run that goes well, but for its end."""
    return [
        Started(pid=17, program="/bin/parrot", version="2.0", folder="/srv/work"),
        Conversation(id="c1", resumed=True),
        TurnWritten(turn="t1", message_ids=[message, 999_999]),
        TakenUp(turn="t1"),
        State(state="working"),
        Thought(text="What do they **want**?"),
        Plan(steps=[Step(text="look around", status="done"), Step(text="mend it", status="doing")]),
        Tool(id="1", name="Bash", status="running", title="ls -l", input={"command": "ls -l"}),
        Tool(id="1", name="Bash", status="done", output="\x1b[32mgreen\x1b[0m <b>"),
        Tool(
            id="2",
            name="Edit",
            status="done",
            title="app.py",
            changes=[
                Change(path="app.py", before="one\ntwo\n", after="one\nthree\n"),
                Change(path="new.py", before=None, after="<script>\n"),
            ],
        ),
        Tool(id="3", name="mcp__teammcp__send_message", status="failed", output="no such channel"),
        Asked(id="q1", tool="Bash", input={"command": "rm -rf build"}),
        Answered(id="q1", allowed=False, by="approvals", message="keep it"),
        Noted(text="the model is busy, trying again"),
        TeamTools(used=False),
        TeamTools(used=True),
        State(state="working", reason="no sign of life yet"),
        Said(text="It **works** now <img src=x>"),
        Used(tokens_in=1200, tokens_out=34, cost_usd=0.0042, model="opus"),
        TurnOver(outcome="done", answer="It **works** now <img src=x>"),
        TurnWritten(turn="t2", text="Go on, and check first what you had done."),
        TakenUp(turn="t2"),
        TurnOver(outcome="interrupted", detail="somebody broke it off"),
        TurnWritten(turn="t3", message_ids=[message]),
        Tool(id="4", name="Bash", status="running", title="sleep 100"),
        Asked(id="q2", tool="Write", input={"path": "x"}),
        State(state="waiting"),
    ]
