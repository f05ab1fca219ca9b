"""Stands in for a program that speaks the Agent Client Protocol."""

from __future__ import annotations

import asyncio
import sys
import uuid
from typing import Any

from agent import TOKENS_IN, TOKENS_OUT, Agent, call_tools, write


class Acp(Agent):
    """Speaks the protocol, and takes turns up while another one runs."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: dict[str, asyncio.Future[bool]] = {}
        self.open: list[str] = []
        """The prompts that the running turn answers."""

    async def hear(self, message: dict[str, Any]) -> None:
        match message:
            case {"method": "session/cancel"}:
                if self.working is not None:
                    self.working.cancel()
            case {"method": "session/prompt", "id": key, "params": {"prompt": [*_, {"text": text}]}}:
                self.receive(key, text)
            case {"method": method, "id": key, "params": params}:
                self.answer(key, method, params)
            case {"id": key, "result": {"outcome": outcome}}:
                if not self.questions[key].done():
                    self.questions[key].set_result(outcome.get("optionId") == "yes")

    def answer(self, key: int, method: str, params: dict[str, Any]) -> None:
        result: dict[str, Any] = {}
        match method:
            case "initialize":
                capabilities = {"loadSession": True, "mcpCapabilities": {"http": True}}
                result = {"protocolVersion": 1, "agentCapabilities": capabilities}
            case "session/new":
                self.id = str(uuid.uuid4())
                result = {"sessionId": self.id}
                self.begin(params)
            case "session/load":
                if self.load(params["sessionId"]):
                    for text in self.texts:
                        self.update("user_message_chunk", content={"type": "text", "text": text})
                    self.cost()
                    self.begin(params)
        write({"jsonrpc": "2.0", "id": key, "result": result})

    def begin(self, params: dict[str, Any]) -> None:
        for server in params["mcpServers"]:
            [header] = server["headers"]
            call_tools(server["url"], header["value"].removeprefix("Bearer "))

    def update(self, kind: str, /, **fields: Any) -> None:
        params = {"sessionId": self.id, "update": {"sessionUpdate": kind, **fields}}
        write({"jsonrpc": "2.0", "method": "session/update", "params": params})

    def took_up(self, turn: str, text: str, begins: bool) -> None:
        self.open.append(turn)
        self.update("agent_thought_chunk", content={"type": "text", "text": f"I am asked: {text}"})

    def said(self, text: str) -> None:
        self.update("agent_message_chunk", content={"type": "text", "text": text})

    def used_tool(self, id: str, name: str, given: dict[str, Any], output: str | None, failed: bool) -> None:
        if output is None:
            self.update("tool_call", toolCallId=id, title=name, kind="other", status="in_progress", rawInput=given)
            return
        content = [{"type": "content", "content": {"type": "text", "text": output}}]
        status = "failed" if failed else "completed"
        self.update("tool_call_update", toolCallId=id, status=status, content=content)

    async def may(self, id: str, name: str, given: dict[str, Any]) -> bool:
        self.questions[id] = asyncio.get_running_loop().create_future()
        options = [{"optionId": "yes", "name": "Yes", "kind": "allow_once"}]
        options.append({"optionId": "no", "name": "No", "kind": "reject_once"})
        params = {"sessionId": self.id, "toolCall": {"toolCallId": id, "title": name}, "options": options}
        write({"jsonrpc": "2.0", "id": id, "method": "session/request_permission", "params": params})
        return await self.questions[id]

    def cost(self) -> None:
        self.update("usage_update", used=1, size=2, cost={"amount": 0.25 * self.turns, "currency": "USD"})

    def ended(self, outcome: str) -> None:
        reason = "cancelled" if outcome == "interrupted" else "end_turn"
        usage = {"inputTokens": TOKENS_IN, "outputTokens": TOKENS_OUT, "totalTokens": TOKENS_IN + TOKENS_OUT}
        self.cost()
        for turn in self.open:
            write({"jsonrpc": "2.0", "id": turn, "result": {"stopReason": reason, "usage": usage}})
            usage = dict.fromkeys(usage, 0)
        self.open.clear()


if __name__ == "__main__":
    if "--version" in sys.argv:
        sys.stdout.write("9.9.9\n")
    else:
        asyncio.run(Acp().run())
