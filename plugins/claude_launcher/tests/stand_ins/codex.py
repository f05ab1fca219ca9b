"""Stands in for Codex: ``codex app-server`` as it was seen to speak."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from typing import Any

from agent import TOKENS_IN, TOKENS_OUT, Agent, call_tools, write


class Codex(Agent):
    """Speaks JSON-RPC without saying so."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: dict[str, asyncio.Future[bool]] = {}
        self.turn = ""

    async def hear(self, message: dict[str, Any]) -> None:
        match message:
            case {"method": method, "id": key, "params": params}:
                self.request(key, method, params)
            case {"id": key, "result": {"decision": decision}}:
                if not self.questions[key].done():
                    self.questions[key].set_result(decision == "accept")

    def request(self, key: int, method: str, params: dict[str, Any]) -> None:
        match method:
            case "thread/resume":
                if not self.load(params["threadId"]):
                    text = f"no rollout found for thread id {params['threadId']}"
                    write({"id": key, "error": {"code": -32600, "message": text}})
                    return
                self.begin(key, params)
            case "thread/start":
                self.id = str(uuid.uuid4())
                self.begin(key, params)
            case "turn/start":
                if params["input"][0]["text"] == "!refuse":
                    write({"id": key, "error": {"code": -32600, "message": "not today"}})
                    return
                write({"id": key, "result": {"turn": {"id": self.turn, "status": "inProgress"}}})
                self.receive(params["clientUserMessageId"], params["input"][0]["text"])
            case "turn/interrupt":
                write({"id": key, "result": {}})
                if self.working is not None:
                    self.working.cancel()
            case _:
                write({"id": key, "result": {"userAgent": "stand-in"}})

    def begin(self, key: int, params: dict[str, Any]) -> None:
        write({"id": key, "result": {"thread": {"id": self.id}, "model": "codex-scripted"}})
        for name, server in params["config"].get("mcp_servers", {}).items():
            self.tell("mcpServer/startupStatus/updated", name=name, status="starting")
            call_tools(server["url"], os.environ[server["bearer_token_env_var"]])
            self.tell("mcpServer/startupStatus/updated", name=name, status="ready")

    def tell(self, method: str, **params: Any) -> None:
        write({"method": method, "params": {"threadId": self.id, "turnId": self.turn, **params}})

    def took_up(self, turn: str, text: str, begins: bool) -> None:
        if begins:
            self.turn = str(uuid.uuid4())
            self.tell("turn/started", turn={"id": self.turn})
        item = {"type": "userMessage", "id": turn, "clientId": turn, "content": [{"type": "text", "text": text}]}
        self.tell("item/started", item=item)
        self.tell("item/completed", item=item)

    def said(self, text: str) -> None:
        self.tell("item/completed", item={"type": "agentMessage", "id": "message", "text": text})

    def used_tool(self, id: str, name: str, given: dict[str, Any], output: str | None, failed: bool) -> None:
        item: dict[str, Any] = {"type": "commandExecution", "id": id, "command": f"{name} {given}", "cwd": "/"}
        if output is None:
            self.tell("item/started", item={**item, "status": "inProgress"})
        else:
            status = "declined" if failed else "completed"
            self.tell("item/completed", item={**item, "status": status, "aggregatedOutput": output})

    async def may(self, id: str, name: str, given: dict[str, Any]) -> bool:
        self.questions[id] = asyncio.get_running_loop().create_future()
        params = {"threadId": self.id, "turnId": self.turn, "itemId": id, "command": f"{name} {given}", "cwd": "/"}
        write({"method": "item/commandExecution/requestApproval", "id": id, "params": params})
        try:
            return await self.questions[id]
        finally:
            self.tell("serverRequest/resolved", requestId=id)

    def ended(self, outcome: str) -> None:
        last = {"inputTokens": TOKENS_IN, "outputTokens": TOKENS_OUT}
        self.tell("thread/tokenUsage/updated", tokenUsage={"last": last})
        status = "completed" if outcome == "done" else outcome
        self.tell("turn/completed", turn={"id": self.turn, "status": status, "error": None})


def main() -> None:
    if "--version" in sys.argv:
        sys.stdout.write("codex-cli 9.9.9\n")
        return
    asyncio.run(Codex().run())


if __name__ == "__main__":
    main()
