"""The runtime ``codex``: OpenAI's Codex as ``codex app-server``, JSON-RPC in lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from teammcp import (
    Capabilities,
    Child,
    InstalledProgram,
    Launch,
    Listener,
    Runtime,
    Session,
    Turn,
    __version__,
)

from ..sentences import INSTALL_OR_SET
from .codex_lines import Reader, asked
from .lines import KEPT, LineSession, Refused, opened
from .programs import TOOLS, find_program, spawn, split

REMEDY = INSTALL_OR_SET(command="npm install -g @openai/codex")
NOT_FOUND = "no rollout found"
"""What it says when it is to go on with a conversation that is not there."""
TOOLS_SECONDS = 15.0
"""Seconds that a new session waits for the team's tools."""
TOOL_SECONDS = 300
"""Seconds that a tool may take: longer than the team's `wait_for_messages`."""
KEY_VARIABLE = "OPENAI_API_KEY"
PROVIDER = "teammcp-credential"
"""Under which name the program knows the provider of a credential."""


class CodexOptions(BaseModel):
    """What can be set for an agent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: str = Field("codex", title="Program", description="Its name, or the path where it is")
    sandbox: Literal["read-only", "workspace-write", "danger-full-access"] = Field(
        "workspace-write",
        title="Sandbox",
        description="What its commands can do unasked: only read; write in its folder; everything that its user can, "
        "which is dangerous",
    )
    asks: Literal["on-request", "untrusted"] = Field(
        "on-request",
        title="Asks",
        description="When it asks: for what the sandbox does not let it do, or for all but harmless commands",
    )
    arguments: str = Field("", title="More arguments", description="Of its command line, quoted as in a shell")


class CodexSession(LineSession):
    """One ``codex app-server`` with one conversation ("thread")."""

    def __init__(self, child: Child, listener: Listener) -> None:
        super().__init__(child, listener)
        self.reads = Reader(listener, self.note_once)
        self._number = 0

    def heard(self, message: dict[str, Any]) -> None:
        match message:
            case {"method": str(method), "id": key, "params": dict(params)}:
                self._asked(key, method, params)
            case {"method": "serverRequest/resolved", "params": {"requestId": key}}:
                self.withdraw(str(key))
            case {"method": str(method), "params": dict(params)}:
                self.reads.read(method, params)
            case {"id": key, "error": {"message": text}}:
                self.answered(str(key), Refused(str(text)))
                self.reads.refused(str(key), str(text))
            case {"id": key, "result": dict(result)}:
                self.answered(str(key), result)

    def _asked(self, key: Any, method: str, params: dict[str, Any]) -> None:
        if asks := asked(str(key), method, params, self.reads.tools):
            self.ask(
                asks.question, lambda answer: {"id": key, "result": asks.allowed if answer.allowed else asks.denied}
            )
        else:
            self.reply({"id": key, "error": {"code": -32601, "message": f"'{method}' is not supported here."}})

    async def open(self, launch: Launch, options: CodexOptions) -> bool:
        """Begin a conversation, or go on with the launch's; whether it goes on."""
        info = {"name": "teammcp", "title": "TeamMCP", "version": __version__}
        await self._call("initialize", clientInfo=info)
        await self.write({"method": "initialized"})
        settings = settings_of(launch, options)
        if launch.conversation is not None:
            try:
                answer = await self._call("thread/resume", threadId=launch.conversation, excludeTurns=True, **settings)
            except Refused as refusal:
                if NOT_FOUND not in str(refusal):
                    raise
            else:
                self.reads.begin(answer)
                return True
        self.reads.begin(await self._call("thread/start", **settings))
        return False

    async def await_tools(self, server: str) -> None:
        """Wait until the team's tools are there, or are known not to be: a turn that comes earlier has none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TOOLS_SECONDS):
                await self.reads.await_server(server)

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        request = self._request(method, **params)
        return await self.request(str(request["id"]), request)

    def _request(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        return {"id": self._number, "method": method, "params": params}

    async def send(self, turn: Turn) -> None:
        text = [{"type": "text", "text": turn.text}]
        request = self._request("turn/start", threadId=self.reads.thread, clientUserMessageId=turn.id, input=text)
        self.reads.sent(turn.id, str(request["id"]))
        await self.write(request)  # joins the running turn, if one is

    async def interrupt(self) -> None:
        if request := self.parting():
            await self.write(request)

    def parting(self) -> dict[str, Any] | None:
        if not self.reads.turn:
            return None
        return self._request("turn/interrupt", threadId=self.reads.thread, turnId=self.reads.turn)


def settings_of(launch: Launch, options: CodexOptions) -> dict[str, Any]:
    """Of a thread. What stands here need not stand in the user's files, and keys are named by their variables."""
    settings: dict[str, Any] = {
        "cwd": str(launch.folder),
        "approvalPolicy": "never" if launch.policy == "deny" else options.asks,
        "sandbox": options.sandbox,
    }
    if launch.guide:
        settings["developerInstructions"] = launch.guide
    if model := launch.model or launch.environment.get("OPENAI_MODEL"):
        settings["model"] = model
    # Else it writes the environment of its commands, keys and all, into a file in its home.
    config: dict[str, Any] = {"features": {"shell_snapshot": False}}
    if launch.mcp is not None:
        server = {
            "url": f"{launch.mcp.url}?{TOOLS}",
            "bearer_token_env_var": launch.mcp.key_variable,
            "tool_timeout_sec": TOOL_SECONDS,
            "default_tools_approval_mode": "approve",
        }
        config["mcp_servers"] = {launch.mcp.name: server}
    if KEY_VARIABLE in launch.environment:
        settings["modelProvider"] = PROVIDER
        config["model_providers"] = {PROVIDER: _provider(launch.environment)}
    return {**settings, "config": config}


def _provider(environment: Mapping[str, str]) -> dict[str, Any]:
    """The provider of a credential, which the program does not take from its environment by itself."""
    base_url = environment.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    return {"name": "Credential", "base_url": base_url, "env_key": KEY_VARIABLE, "wire_api": "responses"}


class CodexRuntime(Runtime):
    """Runs Codex."""

    name = "codex"
    title = "Codex"
    description = "OpenAI's Codex, with the login of the machine's user, or a credential."
    capabilities = Capabilities(
        mid_turn=True, receipt=True, permission=True, interrupt=True, resume=True, usage=True, tools=True
    )
    Options = CodexOptions

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        assert isinstance(options, CodexOptions)  # noqa: S101 - of the class above
        return await find_program(options.program, path, REMEDY)

    def fork(self, options: BaseModel, conversation: str) -> Sequence[str]:
        assert isinstance(options, CodexOptions)  # noqa: S101 - of the class above
        return [options.program, "fork", conversation]

    async def start(self, launch: Launch, listener: Listener) -> Session:
        options = launch.options
        assert isinstance(options, CodexOptions)  # noqa: S101 - of the class above
        command = [options.program, "app-server", *split(options.arguments, "arguments")]
        session = CodexSession(await spawn(launch, command, REMEDY, kept=KEPT), listener)
        resumed = await opened(session, session.open(launch, options))
        if launch.mcp is not None:
            await session.await_tools(launch.mcp.name)
        listener.conversation(session.reads.thread, resumed=resumed)
        return session
