"""The agent's side of the Agent Client Protocol."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .answers import answer, come_back
from .letters import Letter, is_cut_off, letters
from .memory import Memory
from .team import Team
from .turn import Turn
from .wire import RpcError, Wire

NOT_FOUND = -32002


class Agent:
    """One conversation at a time, and in it one turn."""

    def __init__(self) -> None:
        self._wire = Wire(
            {
                "initialize": self._initialize,
                "session/new": self._begin,
                "session/load": self._load,
                "session/prompt": self._prompt,
                "session/cancel": self._cancel,
            }
        )
        self._memory = Memory()
        self._team: Team | None = None
        self._folder = Path()
        self._running: asyncio.Task[None] | None = None
        self._joined: list[str] = []

    async def run(self) -> None:
        """Serve until standard input ends."""
        await self._wire.serve()
        self._memory.save()

    async def _initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        return {
            "protocolVersion": 1,
            "agentCapabilities": {"loadSession": True, "mcpCapabilities": {"http": True, "sse": False}},
            "agentInfo": {
                "name": "example",
                "title": "Example agent",
                "version": version("teammcp-claude-launcher"),
            },
            "authMethods": [],
        }

    async def _begin(self, params: dict[str, Any]) -> dict[str, Any]:
        self._settle(Memory(), params)
        return {"sessionId": self._memory.id}

    async def _load(self, params: dict[str, Any]) -> dict[str, Any]:
        memory = Memory.load(params["sessionId"])
        if memory is None:
            raise RpcError(NOT_FOUND, f"There is no conversation {params['sessionId']}.")
        self._settle(memory, params)
        for who, text in memory.said:
            update = {"sessionUpdate": f"{who}_message_chunk", "content": {"type": "text", "text": text}}
            self._wire.notify("session/update", {"sessionId": memory.id, "update": update})
        return {}

    def _settle(self, memory: Memory, params: dict[str, Any]) -> None:
        servers = [server for server in params.get("mcpServers", []) if server.get("type") == "http"]
        self._memory = memory
        self._team = Team(servers[0]) if servers else None
        self._folder = Path(params["cwd"])

    async def _prompt(self, params: dict[str, Any]) -> dict[str, Any]:
        text = params["prompt"][-1]["text"]  # what comes before is who the agent is, which a script knows
        first = self._running is None
        if self._running is None:
            self._running = asyncio.create_task(self._work(text))
        else:
            self._joined.append(text)
        running = self._running
        await asyncio.wait([running])
        if running.cancelled():
            return {"stopReason": "cancelled"}
        running.result()
        return {"stopReason": "end_turn", **(self._usage() if first else {})}

    async def _cancel(self, params: dict[str, Any]) -> None:
        if self._running is not None:
            self._running.cancel()

    async def _work(self, text: str) -> None:
        """Answer a turn's messages, and those of the turns that have joined it."""
        memory = self._memory
        memory.turns += 1
        turn = Turn(self._wire, memory, self._team, self._folder, self._take_joined)
        try:
            if is_cut_off(text):
                await come_back(turn)
            for letter in letters(text):
                await answer(turn, letter)
            while await self._take_joined(turn):
                pass
        finally:
            self._running = None
            self._joined.clear()
            memory.save()

    async def _take_joined(self, turn: Turn) -> list[Letter]:
        came: list[Letter] = []
        while self._joined:
            for letter in letters(self._joined.pop(0)):
                came.append(letter)
                await answer(turn, letter)
        return came

    def _usage(self) -> dict[str, Any]:
        """A model would count tokens; a script has only words, of what was said last."""
        words = {who: len(text.split()) for who, text in self._memory.said[-2:]}
        read, written = words.get("user", 0), words.get("agent", 0)
        return {"usage": {"inputTokens": read, "outputTokens": written, "totalTokens": read + written}}


async def run() -> None:
    """Be the agent on standard input and output."""
    await Agent().run()
