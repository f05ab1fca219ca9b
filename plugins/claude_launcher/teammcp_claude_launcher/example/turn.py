"""A turn: what the agent can do in it, each told to whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .letters import Letter
from .memory import Memory
from .team import Team, TeamTrouble
from .wire import RpcError, Wire


class Turn:
    """One turn of a conversation.

    Attributes:
        memory: what is known of the conversation.
        folder: where the agent works.
        cost: US dollars that the conversation pretends to have cost.
    """

    def __init__(self, wire: Wire, memory: Memory, team: Team | None, folder: Path, joined: Joined) -> None:
        self.memory = memory
        self.folder = folder
        self._wire = wire
        self._team = team
        self._joined = joined
        self._calls = 0

    # -- saying --------------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something, word by word, as a model does."""
        self.memory.said.append(("agent", text))
        for line in text.splitlines(keepends=True):
            self._tell("agent_message_chunk", content={"type": "text", "text": line})

    def think(self, text: str) -> None:
        """Think something."""
        self._tell("agent_thought_chunk", content={"type": "text", "text": text})

    def plan(self, steps: Sequence[str], done: int) -> None:
        """Show a plan of which so many steps are done, and the next one is being worked on."""
        status = ["completed"] * done + ["in_progress"] + ["pending"] * len(steps)
        entries = [
            {"content": step, "priority": "medium", "status": state} for step, state in zip(steps, status, strict=False)
        ]
        self._tell("plan", entries=entries)

    def cost(self, dollars: float) -> None:
        """Say what the conversation has cost so far."""
        self._tell("usage_update", used=1, size=1000, cost={"amount": dollars, "currency": "USD"})

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def pause(self, seconds: float) -> list[Letter]:
        """Wait, and answer what has come meanwhile; these messages."""
        await asyncio.sleep(seconds)
        return await self._joined(self)

    async def step(self, title: str, seconds: float) -> list[Letter]:
        """Do something that takes a while, as a tool; as `pause`."""
        call = self._begin(title, "execute", {"seconds": seconds})
        came = await self.pause(seconds)
        self._end(call, "completed", "done")
        return came

    async def use(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Use a tool of the team's; what it gives.

        Raises:
            TeamTrouble: it cannot be used.
        """
        if self._team is None:
            raise TeamTrouble(f"{tool}: I was given no tools.")
        call = self._begin(tool, "other", arguments)
        try:
            found = await self._team.call(tool, arguments)
        except TeamTrouble as trouble:
            self._end(call, "failed", str(trouble))
            raise
        self._end(call, "completed", str(found))
        return found

    async def change(self, file: str, text: str) -> bool:
        """Write a file in the folder, if it is allowed; whether it was."""
        place = (self.folder / file).resolve()
        if not place.is_relative_to(self.folder.resolve()):
            return False
        before = place.read_text("utf-8") if place.is_file() else None
        change = {"type": "diff", "path": str(place), "oldText": before, "newText": text}
        call = self._begin(f"write {file}", "edit", {"file": file, "text": text}, content=[change])
        if not await self._is_allowed(call, f"write {file}"):
            self._end(call, "failed", "It was not allowed.")
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        self._tell("tool_call_update", toolCallId=call, status="completed", content=[change])
        return True

    # -- details -------------------------------------------------------------------------------------------------------

    async def _is_allowed(self, call: str, title: str) -> bool:
        options = [
            {"optionId": "yes", "name": "Allow", "kind": "allow_once"},
            {"optionId": "no", "name": "Do not allow", "kind": "reject_once"},
        ]
        tool = {"toolCallId": call, "title": title}
        asked = {"sessionId": self.memory.id, "toolCall": tool, "options": options}
        try:
            answer = await self._wire.ask("session/request_permission", asked)
        except RpcError:
            return False
        return bool(answer["outcome"].get("optionId") == "yes")

    def _begin(self, title: str, kind: str, arguments: Mapping[str, Any], **more: Any) -> str:
        self._calls += 1
        call = f"{self.memory.turns}-{self._calls}"
        self._tell(
            "tool_call", toolCallId=call, title=title, kind=kind, status="in_progress", rawInput=arguments, **more
        )
        return call

    def _end(self, call: str, status: str, output: str) -> None:
        content = [{"type": "content", "content": {"type": "text", "text": output}}]
        self._tell("tool_call_update", toolCallId=call, status=status, content=content)

    def _tell(self, kind: str, /, **update: Any) -> None:
        update = {"sessionUpdate": kind, **update}
        self._wire.notify("session/update", {"sessionId": self.memory.id, "update": update})


Joined = Callable[[Turn], Awaitable[list[Letter]]]
"""Answers the messages that have come for the running turn since it was asked last, and gives them."""
Skill = Callable[[Turn, Letter, str], Awaitable[str]]
"""Does what a message asks; it is given what stands behind the command, and gives the answer, or nothing."""
