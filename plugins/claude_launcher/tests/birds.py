"""A runtime that is chosen and never started, and the plugin that contributes it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from teammcp import (
    AgentStart,
    Capabilities,
    Context,
    InstalledProgram,
    Launch,
    Listener,
    Refused,
    Runtime,
    Session,
    hookimpl,
)


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    loud: bool = Field(False, title="Loud", description="Whether it shouts")


class Parrot(Runtime):
    """A runtime that is never started."""

    name, title, description = "parrot", "Parrot", "Says what it hears."
    capabilities = Capabilities(resume=True)
    Options = Options

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        return InstalledProgram("/bin/parrot")

    async def start(self, launch: Launch, listener: Listener) -> Session:
        raise NotImplementedError


class Birds:
    """The plugin. It may refuse what is about to begin."""

    refuses = ""

    def __init__(self) -> None:
        self.asked: list[AgentStart] = []

    @hookimpl
    def register_runtimes(self) -> list[Runtime]:
        return [Parrot()]

    @hookimpl
    def before_agent_start(self, context: Context, start: AgentStart) -> None:
        self.asked.append(start)
        if self.refuses:
            raise Refused(self.refuses)


BIRDS = Birds()
