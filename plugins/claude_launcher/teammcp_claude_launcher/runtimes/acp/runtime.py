"""Any program that speaks the Agent Client Protocol (ACP, https://agentclientprotocol.com) on its standard streams."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from acp import RequestError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from teammcp import Capabilities, InstalledProgram, Launch, Listener, Runtime, Session, StartFailed

from ..lines import KEPT
from ..programs import find_program, spawn
from ..team_tools import check_tools
from .dialects import Dialect
from .opening import open_conversation
from .session import AcpSession, reason

START_SECONDS = 60.0
"""Seconds within which a program is ready. Some look for models and tools first."""


class AcpOptions(BaseModel):
    """What can be set of a program that speaks the protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: str = Field(
        "", title="Program", description="Where the program is, if it is not found by its name in PATH."
    )
    mode: str = Field(
        "", title="Mode", description="The mode of its sessions, such as 'plan'. Empty for the program's own."
    )


class AcpRuntime(Runtime):
    """The base of runtimes for programs that speak the protocol: one program each.

    Attributes:
        command: the program's name and the arguments with which it speaks the protocol.
        remedy: how to install it, a sentence.
        model_argument: of the program, for a model; empty where it is chosen by the protocol.
        dialect: what it says in a way of its own.
        needs_signal: whether it goes on when its input ends, and has to be told by a signal.
        takes_guide: whether `meta` brings the agent's guide. Otherwise it comes before the first turn.
    """

    command: ClassVar[Sequence[str]]
    remedy: ClassVar[str]
    model_argument: ClassVar[str] = ""
    dialect: ClassVar[Dialect] = Dialect()
    needs_signal: ClassVar[bool] = False
    takes_guide: ClassVar[bool] = False
    capabilities = Capabilities(permission=True, interrupt=True, resume=True, usage=True, tools=True)
    Options: ClassVar[type[BaseModel]] = AcpOptions

    def whole_command(self, options: BaseModel) -> Sequence[str]:
        """The program, by its name or place, and its arguments."""
        assert isinstance(options, AcpOptions)  # noqa: S101 - of the class above
        return [options.program or self.command[0], *self.command[1:]]

    def environment(self, launch: Launch) -> Mapping[str, str]:
        """What the program needs in its environment besides the launch's."""
        return {}

    def meta(self, launch: Launch) -> Mapping[str, Any]:
        """What the program is told beside the protocol when a session begins: fields of ``_meta``."""
        return {}

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        """Look for the program in the folders of a path."""
        return await find_program(self.whole_command(options)[0], path, self.remedy)

    async def start(self, launch: Launch, listener: Listener) -> Session:
        """Start the program and open a conversation."""
        if launch.mcp is not None:
            await check_tools(launch.mcp, launch.environment)
        child = await spawn(
            replace(launch, environment={**launch.environment, **self.environment(launch)}),
            [*self.whole_command(launch.options), *self._model(launch)],
            self.remedy,
            kept=KEPT,
        )
        session = AcpSession(child, listener, launch.model, self.dialect, needs_signal=self.needs_signal)
        try:
            await self._open(session, launch, listener)
        except BaseException:
            await child.stop()
            await session.wait()
            raise
        return session

    def _model(self, launch: Launch) -> Sequence[str]:
        return [self.model_argument, launch.model] if self.model_argument and launch.model else []

    async def _open(self, session: AcpSession, launch: Launch, listener: Listener) -> None:
        mode = launch.options.mode if isinstance(launch.options, AcpOptions) else ""
        by_protocol = replace(launch, model="") if self.model_argument else launch
        try:
            async with asyncio.timeout(START_SECONDS):
                resumed = await open_conversation(session, by_protocol, listener, mode, self.meta(launch))
        except TimeoutError as error:
            raise self._failed(session, f"is not ready within {START_SECONDS:g} seconds.") from error
        except RequestError as error:
            raise self._failed(session, f"refuses to begin: {reason(error)}") from error
        except ConnectionError as error:
            code = session.child.returncode if await session.has_ended() else None
            raise self._failed(session, f"has ended before it could begin, with code {code}.") from error
        except ValidationError as error:
            raise self._failed(session, "answers what is not in the protocol. Is it too old, or too new?") from error
        if not resumed and not self.takes_guide:
            session.preface = launch.guide

    def _failed(self, session: AcpSession, why: str) -> StartFailed:
        return StartFailed(f"{self.title} {why}\n{session.last_output()}".strip())
