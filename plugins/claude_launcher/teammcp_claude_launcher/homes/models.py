"""Public shapes of homes, and what can be chosen of one."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from teammcp import AnyWords, Author, Line, Result, Text, Timestamp, Words, json_within, quote

from .. import protocol
from ..protocol import Answers, Policy, Workspace
from ..runs import Run
from ..settings import LauncherSettings, Name

OPTIONS = 16 * 1024
"""Bytes of a runtime's options as JSON."""
Options = Annotated[dict[str, Any], AfterValidator(json_within(OPTIONS, 8))]
Folder = Annotated[Line, Field(max_length=1000)]
Model = Annotated[Line, Field(max_length=200)]
Role = Annotated[Line, Field(max_length=100)]
Guide = Annotated[Text, Field(max_length=20_000)]
Brief = Annotated[Text, Field(max_length=20_000)]
Why = Annotated[Line, Field(max_length=500)]
Credential = Annotated[Line, Field(max_length=64)]


class HomeLimits(BaseModel):
    """What a run of an agent may use, where that differs from the settings. 0 stands for no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    idle_minutes: float | None = Field(None, gt=0, description="Minutes without work after which the program ends")
    quiet_minutes: float | None = Field(None, gt=0, description="Minutes without any output in a turn: it hangs")
    memory_mb: int | None = Field(None, ge=0, description="Megabytes of memory of all its processes")
    restarts: int | None = Field(None, ge=0, description="Restarts after failures within five minutes")
    run_cost_usd: float | None = Field(None, ge=0, description="US dollars of one run")
    run_tokens: int | None = Field(None, ge=0, description="Tokens of one run")

    def over(self, settings: LauncherSettings) -> protocol.Limits:
        """The limits that hold, for the runner."""
        usual = {name: getattr(settings, name) for name in type(self).model_fields}
        there = {**usual, **self.model_dump(exclude_none=True)}
        return protocol.Limits(
            idle_seconds=60 * there["idle_minutes"],
            quiet_seconds=60 * there["quiet_minutes"],
            sign_seconds=settings.sign_seconds,
            stop_seconds=settings.stop_seconds,
            memory_mb=there["memory_mb"],
            restarts=there["restarts"],
            cost_usd=there["run_cost_usd"],
            tokens=there["run_tokens"],
        )


class PlaceChoices(TypedDict):
    """What can be chosen of where and how an agent runs. What is left out stays, or is as usual in a new home."""

    machine: Annotated[Name | None, Field(description="Where it lives: by default the server's own machine")]
    runtime: Annotated[Name | None, Field(description="What it runs; list_runtimes has them")]
    options: Annotated[Options | None, Field(description="Of the runtime, as list_runtimes describes them; no secrets")]
    workspace: Annotated[
        Workspace | None,
        Field(description="A folder of its own, an existing folder, or a git worktree of the repository in it"),
    ]
    folder: Annotated[Folder | None, Field(description="That folder on its machine; not for a folder of its own")]
    wide: Annotated[
        bool | None, Field(description="Take a folder too that holds far more than a project: /, a user's home")
    ]
    credential: Annotated[
        Credential | None,
        Field(description="Whose keys of a model provider it gets; '' for the login of the machine's user"),
    ]
    model: Annotated[Model | None, Field(description="The model; '' for the program's own choice")]
    policy: Annotated[
        Policy | None,
        Field(description="When it asks for a permission: ask a person, deny, or (for people to choose) allow all"),
    ]
    answers: Annotated[
        Answers | None, Field(description="What it says at a turn's end: sent as a reply, or kept as output")
    ]
    limits: Annotated[HomeLimits | None, Field(description="Where they differ from the settings")]


class HomeChoices(PlaceChoices):
    """What can be chosen of an agent's home."""

    role: Annotated[Role | None, Field(description="What it is in the team, in a few words")]
    guide: Annotated[Guide | None, Field(description="Who it is and how it works, for its program's system prompt")]


class AgentHome(Result):
    """Where an agent lives, what it runs, and whether it is to run."""

    agent: Author
    machine: Words
    runtime: str
    options: AnyWords
    workspace: Workspace
    folder: Words
    wide: bool
    credential: str | None
    model: Words
    role: Words
    guide: Words
    policy: Policy
    answers: Answers
    limits: HomeLimits
    wanted: bool
    held: Words
    held_until: Timestamp | None
    conversation: Words | None
    assembly: int | None = Field(description="The assembled team for which it was made")
    made_by: Author
    made_at: Timestamp
    changed_at: Timestamp
    run: Run | None = Field(None, description="Where a home is looked at: the run that lives, or else the last one")

    def text(self) -> str:
        state = "to run" if self.wanted else "stopped"
        why = f", held: {quote(self.held)}" if self.held else ""
        return f"{self.agent} on {quote(self.machine)}: {self.runtime}, {state}{why}"


class AgentHomes(RootModel[list[AgentHome]]):
    """The homes of agents, by name."""

    def text(self) -> str:
        """One line a home."""
        return "\n".join(home.text() for home in self.root) or "(no agent has a home; start_agent makes one)"


class AgentFork(Result):
    """How somebody goes on from an agent's conversation in a session of his own; the agent's stays as it is.

    ``command`` is for a shell in ``folder`` on ``machine``, for the user whose conversations the agent's are.
    """

    agent: Author
    machine: Words
    folder: Words
    command: Words
    conversation: Words

    def text(self) -> str:
        return f"On {quote(self.machine)}, in {quote(self.folder)}: {quote(self.command)}"


class Interrupted(Result):
    """A turn was broken off."""

    agent: Author
    machine: Words


class AgentsPause(Result):
    """Whether agents are paused: then no turn is begun."""

    paused: bool
    paused_by: Author | None = None
    paused_at: Timestamp | None = None
    reason: Words = ""


class RuntimeOn(Result):
    """A runtime's program on a machine, or why it is not there."""

    machine: Words
    program: Words
    version: Words
    missing: Words


class RuntimeKind(Result):
    """A way to run agents: what it can do, what can be set of it, and where its program is."""

    name: str
    title: str
    description: str
    capabilities: dict[str, bool]
    options: dict[str, Any] = Field(description="The JSON schema of its options")
    machines: list[RuntimeOn]

    def text(self) -> str:
        there = [quote(each.machine) for each in self.machines if each.program]
        return f"{self.name}: {self.description} On: {', '.join(there) or 'no machine'}."


class RuntimeKinds(RootModel[list[RuntimeKind]]):
    """All runtimes, by name."""

    def text(self) -> str:
        """One line a runtime."""
        return "\n".join(kind.text() for kind in self.root)
