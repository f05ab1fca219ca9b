"""Stands in for Claude Code: ``claude -p --input-format stream-json`` as it was seen to speak."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from agent import TOKENS_IN, TOKENS_OUT, Agent, call_tools, write

MODEL = "claude-scripted"


class Claude(Agent):
    """Speaks ``stream-json``."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: dict[str, asyncio.Future[bool]] = {}

    async def hear(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "user", "uuid": turn, "message": {"content": text}}:
                self.lifecycle(turn, "queued")
                self.receive(turn, text)
            case {"type": "control_request", "request_id": key, "request": {"subtype": subtype}}:
                self.control(key, subtype)
            case {"type": "control_response", "response": {"request_id": key, "response": answer}}:
                if not self.questions[key].done():
                    self.questions[key].set_result(answer["behavior"] == "allow")

    def control(self, key: str, subtype: str) -> None:
        answer: dict[str, Any] = {}
        match subtype:
            case "initialize":
                answer = {"commands": [], "models": []}
            case "get_usage":
                answer = {"session": {"model_usage": self.usage()}}
            case "interrupt":
                answer = {"still_queued": [turn for turn, _ in self.queue]}
                if self.working is not None:
                    self.working.cancel()
            case _:
                write({"type": "control_response", "response": {"subtype": "error", "request_id": key, "error": "?"}})
                return
        response = {"subtype": "success", "request_id": key, "response": answer}
        write({"type": "control_response", "response": response})

    def lifecycle(self, turn: str, state: str) -> None:
        write({"type": "command_lifecycle", "command_uuid": turn, "state": state})

    def took_up(self, turn: str, text: str, begins: bool) -> None:
        self.lifecycle(turn, "started")
        if begins:
            servers = [{"name": "teammcp", "status": "failed"}] if os.environ.get("NO_SERVER") else []
            write({"type": "system", "subtype": "init", "session_id": self.id, "mcp_servers": servers})

    def said(self, text: str) -> None:
        self.assistant({"type": "text", "text": text})

    def assistant(self, block: dict[str, Any]) -> None:
        message = {"role": "assistant", "content": [block]}
        write({"type": "assistant", "message": message, "parent_tool_use_id": None})

    def used_tool(self, id: str, name: str, given: dict[str, Any], output: str | None, failed: bool) -> None:
        if output is None:
            self.assistant({"type": "tool_use", "id": id, "name": name, "input": given})
        else:
            result = {"type": "tool_result", "tool_use_id": id, "content": output, "is_error": failed}
            write({"type": "user", "message": {"role": "user", "content": [result]}, "parent_tool_use_id": None})

    async def may(self, id: str, name: str, given: dict[str, Any]) -> bool:
        self.questions[id] = asyncio.get_running_loop().create_future()
        request = {"subtype": "can_use_tool", "tool_name": name, "input": given, "tool_use_id": id}
        write({"type": "control_request", "request_id": id, "request": request})
        try:
            return await self.questions[id]
        except asyncio.CancelledError:
            write({"type": "control_cancel_request", "request_id": id})
            raise

    def usage(self) -> dict[str, Any]:
        if not self.turns:
            return {}
        counted = {"inputTokens": TOKENS_IN * self.turns, "outputTokens": TOKENS_OUT * self.turns}
        return {MODEL: {**counted, "cacheReadInputTokens": 0, "costUSD": 0.25 * self.turns}}

    def ended(self, outcome: str) -> None:
        interrupted = outcome == "interrupted"
        write(
            {
                "type": "result",
                "subtype": "error_during_execution" if interrupted else "success",
                "is_error": interrupted,
                "terminal_reason": "aborted_streaming" if interrupted else "completed",
                "modelUsage": self.usage(),
            }
        )


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in ("-p", "--verbose", "--strict-mcp-config", "--version"):
        parser.add_argument(flag, action="store_true")
    for name in ("--input-format", "--output-format", "--permission-mode", "--permission-prompt-tool", "--model"):
        parser.add_argument(name)
    for name in ("--resume", "--session-id", "--mcp-config", "--allowedTools", "--disallowedTools", "--complain"):
        parser.add_argument(name)
    return parser.parse_args()


def main() -> None:
    given = options()
    if given.version:
        sys.stdout.write("9.9.9 (Claude Code)\n")
        return
    if given.complain:
        sys.exit(given.complain)
    agent = Claude()
    if given.resume and not agent.load(given.resume):
        write({"type": "result", "subtype": "error_during_execution", "is_error": True, "modelUsage": {}})
        sys.exit(f"No conversation found with session ID: {given.resume}")
    agent.id = given.resume or given.session_id
    if given.mcp_config:
        [server] = json.loads(Path(given.mcp_config).read_text("utf-8"))["mcpServers"].values()
        key = re.sub(r"\$\{(\w+)\}", lambda match: os.environ[match[1]], server["headers"]["Authorization"])
        call_tools(server["url"], key.removeprefix("Bearer "))
    asyncio.run(agent.run())


if __name__ == "__main__":
    main()
