"""The runtime ``claude``: Claude Code without a screen, in lines of JSON (``--input-format stream-json``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from teammcp import (
    Capabilities,
    Child,
    InstalledProgram,
    Launch,
    Listener,
    PermissionAnswer,
    PermissionQuestion,
    Runtime,
    Session,
    StartFailed,
    Turn,
)

from ..sentences import INSTALL_OR_SET
from .claude_lines import Reader
from .lines import KEPT, LineSession, Refused, opened
from .programs import TOOLS, find_program, spawn, split, write_private

REMEDY = INSTALL_OR_SET(command="npm install -g @anthropic-ai/claude-code")
TOOL_SECONDS = 300
"""Seconds that a tool may take: longer than the team's `wait_for_messages`."""
NOT_FOUND = "No conversation found"
"""What it says when it is to go on with a conversation that is not there."""


class ClaudeOptions(BaseModel):
    """What can be set for an agent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: str = Field("claude", title="Program", description="Its name, or the path where it is")
    mode: Literal["default", "acceptEdits", "plan"] = Field(
        "default",
        title="Mode",
        description="'default' asks before it changes anything; 'acceptEdits' changes files in its folder without "
        "asking; 'plan' changes nothing",
    )
    own_servers: bool = Field(
        False,
        title="Other MCP servers",
        description="Whether it may also use the MCP servers that the user and the project have set up",
    )
    arguments: str = Field("", title="More arguments", description="Of its command line, quoted as in a shell")


class ClaudeSession(LineSession):
    """One ``claude -p``, which waits for turns until its input is closed."""

    def __init__(self, child: Child, listener: Listener) -> None:
        super().__init__(child, listener)
        self.reads = Reader(listener, self.note_once)

    def heard(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "control_request":
                self._asked(message["request_id"], message["request"])
            case "control_cancel_request":
                self.withdraw(message["request_id"])
            case "control_response":
                answer = message["response"]
                is_error = answer.get("subtype") == "error"
                self.answered(
                    answer["request_id"], Refused(str(answer.get("error"))) if is_error else answer.get("response", {})
                )
            case _:
                self.reads.read(message)

    def _asked(self, key: str, request: dict[str, Any]) -> None:
        def respond(response: dict[str, Any]) -> dict[str, Any]:
            return {"type": "control_response", "response": {"request_id": key, **response}}

        def answer(answer: PermissionAnswer) -> dict[str, Any]:
            yes = {"behavior": "allow", "updatedInput": request["input"]}
            no = {"behavior": "deny", "message": answer.message or "This is not allowed."}
            return respond({"subtype": "success", "response": yes if answer.allowed else no})

        if request.get("subtype") != "can_use_tool":
            self.reply(respond({"subtype": "error", "error": "This is not supported here."}))
            return
        self.ask(
            PermissionQuestion(key, request["tool_name"], request["input"], request.get("tool_use_id") or ""), answer
        )

    async def open(self, guide: str, resumed: bool) -> None:
        """Tell it who it is, and learn what its conversation has used so far."""
        await self._control("initialize", **({"appendSystemPrompt": guide} if guide else {}))
        try:
            self.reads.used = (await self._control("get_usage"))["session"]["model_usage"]
        except (Refused, KeyError):  # a version that cannot tell
            self.reads.used = None if resumed else {}

    async def _control(self, subtype: str, **fields: Any) -> dict[str, Any]:
        key = str(uuid4())
        return await self.request(key, _control_request(key, subtype, **fields))

    async def send(self, turn: Turn) -> None:
        self.reads.sent(turn.id)
        await self.write({"type": "user", "message": {"role": "user", "content": turn.text}, "uuid": turn.id})

    async def interrupt(self) -> None:
        if request := self.parting():
            await self.write(request)

    def parting(self) -> dict[str, Any] | None:
        return _control_request(str(uuid4()), "interrupt") if self.reads.is_busy else None


def _control_request(key: str, subtype: str, **fields: Any) -> dict[str, Any]:
    return {"type": "control_request", "request_id": key, "request": {"subtype": subtype, **fields}}


class ClaudeRuntime(Runtime):
    """Runs Claude Code."""

    name = "claude"
    title = "Claude Code"
    description = "Anthropic's Claude Code, with the login or the key of the machine's user, or a credential."
    capabilities = Capabilities(
        mid_turn=True, receipt=True, permission=True, interrupt=True, resume=True, usage=True, tools=True
    )
    Options = ClaudeOptions

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        assert isinstance(options, ClaudeOptions)  # noqa: S101 - of the class above
        return await find_program(options.program, path, REMEDY)

    def fork(self, options: BaseModel, conversation: str) -> Sequence[str]:
        assert isinstance(options, ClaudeOptions)  # noqa: S101 - of the class above
        return [options.program, "--resume", conversation, "--fork-session"]

    async def start(self, launch: Launch, listener: Listener) -> Session:
        if launch.conversation is not None:
            session = ClaudeSession(await self._spawn(launch, "--resume", launch.conversation), listener)
            try:
                await opened(session, session.open(launch.guide, resumed=True))
            except StartFailed:
                if NOT_FOUND not in session.last_output():
                    raise
            else:
                listener.conversation(launch.conversation, resumed=True)
                return session
        conversation = str(uuid4())
        session = ClaudeSession(await self._spawn(launch, "--session-id", conversation), listener)
        await opened(session, session.open(launch.guide, resumed=False))
        listener.conversation(conversation, resumed=False)
        return session

    async def _spawn(self, launch: Launch, *conversation: str) -> Child:
        options = launch.options
        assert isinstance(options, ClaudeOptions)  # noqa: S101 - of the class above
        command = [
            options.program,
            "-p",
            "--verbose",
            "--input-format",
            "stream-json",
            "--output-format",
            "stream-json",
        ]
        command += [*conversation, "--permission-mode", options.mode, "--permission-prompt-tool", "stdio"]
        command += ["--disallowedTools", "AskUserQuestion"]  # nobody sits there; it is to ask the team
        if launch.model:
            command += ["--model", launch.model]
        if not options.own_servers:
            command += ["--strict-mcp-config"]
        if launch.mcp is not None:
            command += ["--mcp-config", str(_mcp_file(launch)), "--allowedTools", f"mcp__{launch.mcp.name}"]
        return await spawn(launch, [*command, *split(options.arguments, "arguments")], REMEDY, kept=KEPT)


def _mcp_file(launch: Launch) -> Path:
    assert launch.mcp is not None  # noqa: S101 - looked at before
    server = {
        "type": "http",
        "url": f"{launch.mcp.url}?{TOOLS}",
        "headers": {"Authorization": f"Bearer ${{{launch.mcp.key_variable}}}"},
        "timeout": 1000 * TOOL_SECONDS,
        "alwaysLoad": True,  # else the model sees only the tools' names, and has to search for each
    }
    return write_private(launch.private, "claude-mcp.json", json.dumps({"mcpServers": {launch.mcp.name: server}}))
