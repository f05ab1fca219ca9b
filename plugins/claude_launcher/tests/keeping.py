"""A server and a runner in one process, with a clock of the runner's that a test moves, and what tests ask of them."""

from __future__ import annotations

import asyncio
import inspect
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from teammcp_claude_launcher.protocol import Orders
from teammcp_claude_launcher.runner import enrolments
from teammcp_claude_launcher.runner.keepers import Keepers
from teammcp_claude_launcher.runner.process import Runner
from teammcp_claude_launcher.testing import MemoryTransport, MovedTime, enrol

from teammcp import Runtime
from teammcp.testing import Member, TestTeam

from .scripted import Puppets

WITHIN = 20.0
"""Seconds for something to happen on a machine that runs other tests."""


async def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until something is so; what it gives then."""
    deadline = time.monotonic() + WITHIN
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


class Stage:
    """A team, a machine of its with a runner, and the agents on it."""

    def __init__(self, team: TestTeam, folder: Path, *runtimes: Runtime, machine: str = "box") -> None:
        self.team = team
        self.runtime: Any = runtimes[0]
        self.machine = machine
        self.clock = MovedTime()
        self.network = MemoryTransport(team)
        self.runner: Runner
        self.runtimes: dict[str, Runtime] = {runtime.name: runtime for runtime in runtimes}
        self._folder = folder
        self._stack = AsyncExitStack()

    async def up(self) -> None:
        """Start the runner."""
        if not (self._folder / enrolments.FOLDER).exists():
            await enrol(self.team, self._folder, name=self.machine)
        runner = Runner(self._folder, self.runtimes, Keepers, transport=self.network, clock=self.clock, durable=False)
        self.runner = await self._stack.enter_async_context(runner)

    async def connected(self) -> None:
        """Wait until it is connected."""

        async def are() -> bool:
            if all(seat.link.connected for seat in self.runner.seats.values()):
                return True
            await self.clock.advance(0.1)
            return False

        await until(are, "the connection")

    async def down(self) -> None:
        """Stop the runner."""
        if isinstance(self.runtime, Puppets):
            for session in self.runtime.alive:  # nobody moves the clock any more
                session.is_stubborn = False
        await self._stack.aclose()

    async def kill(self) -> None:
        """The runner is killed: what is on its disk now is what the next one finds, and it says nothing any more."""
        self.network.cut()
        after = self._folder.with_name(f"{self._folder.name}-")
        shutil.copytree(self._folder, after, ignore=shutil.ignore_patterns("runner.db*", "*.lock"))
        with sqlite3.connect(self._folder / "runner.db") as before, sqlite3.connect(after / "runner.db") as copy:
            before.backup(copy)
        await self.down()
        shutil.rmtree(self._folder)
        after.rename(self._folder)
        self.network = MemoryTransport(self.team)

    @asynccontextmanager
    async def running(self, **more: Runtime) -> AsyncIterator[Stage]:
        """With the runner connected; stopped at the end."""
        self.runtimes |= more
        await self.up()
        try:
            await self.connected()
            yield self
        finally:
            await self.down()

    @property
    def keepers(self) -> Any:
        [seat] = self.runner.seats.values()
        return seat.keepers

    async def start(self, name: str = "bob", **home: Any) -> Member:
        """Register an agent and start it; the member, with the key that its program has."""
        member = await self.team.agent(name)
        await self.owner.call(
            "start_agent", name=name, **{"runtime": "puppet", "machine": self.machine, "new_key": True, **home}
        )
        return member

    @property
    def orders(self) -> Orders:
        """The orders that the runner has now."""
        [seat] = self.runner.seats.values()
        assert seat.link.orders is not None
        return seat.link.orders

    @property
    def team_clock(self) -> Any:
        """The server's clock."""
        return self.team.server.clock

    def key(self, agent: str) -> str:
        """The key that an agent's program has."""
        launches = [each.launch for each in self.runtime.sessions if each.launch.agent == agent]
        return launches[-1].environment["TEAMMCP_KEY"]

    @property
    def owner(self) -> Member:
        return self.team.owner

    async def tell(self, text: str, name: str = "bob") -> int:
        """Send a direct message as the owner; its id."""
        return int((await self.owner.call("send_dm", recipient=name, content=text)).id)

    async def session(self, number: int = 1) -> Any:
        """The so manieth program that was started."""
        await until(lambda: len(self.runtime.sessions) >= number, f"program {number}")
        return self.runtime.sessions[number - 1]

    async def turn(self, session: Any, number: int = 1) -> Any:
        """The so manieth turn that was written to it."""
        await until(lambda: len(session.turns) >= number, f"turn {number}")
        return session.turns[number - 1]

    async def reached(self, message: int, state: str, name: str = "bob") -> None:
        """Wait until a message has got so far with an agent."""

        async def has() -> bool:
            return await self.receipt(message, name) == state

        await until(has, f"message {message} to be {state}")

    async def receipt(self, message: int, name: str = "bob") -> str:
        """How far a message got with an agent."""
        return str((await self._recipient(message, name)).state)

    async def has_arrived(self, message: int, name: str = "bob") -> bool:
        """Whether an agent has a message: a later word of its own counts as an answer, and is no proof of that."""
        recipient = await self._recipient(message, name)
        return bool(recipient.offered_at or recipient.read_at)

    async def _recipient(self, message: int, name: str) -> Any:
        found = await self.owner.call("get_receipt", message_id=message)
        return next(each for each in found.recipients if each.agent == name)

    async def runs(self, name: str = "bob") -> list[Any]:
        """The agent's runs, the newest first."""
        found = await self.owner.call("list_runs", agent=name)
        return list(found.root)

    async def ended(self, name: str = "bob", count: int = 1) -> list[str]:
        """Why the agent's runs have ended, the oldest first, once there are so many."""

        async def reasons() -> list[str]:
            found = [run.reason for run in reversed(await self.runs(name)) if run.reason]
            return found if len(found) >= count else []

        ended: list[str] = await until(reasons, f"the end of {count} runs")
        return ended

    async def noted(self, count: int = 1, name: str = "bob") -> list[str]:
        """What was noted in the agent's newest run, once there is so much."""

        async def noted() -> list[str]:
            [run, *_] = await self.runs(name)
            kept = (await self.owner.call("get_run_entries", run_id=run.run_id)).entries
            texts = [each.entry["text"] for each in kept if each.entry["kind"] == "note"]
            return texts if len(texts) >= count else []

        texts: list[str] = await until(noted, f"{count} notes")
        return texts

    async def written(self, name: str = "bob") -> list[str]:
        """What the agent has written to the owner until now."""
        found = await self.owner.call("get_history", channel=f"dm:{name}", limit=200)
        return [message.content for message in found.messages if message.from_agent == name]

    async def said(self, name: str = "bob", count: int = 1) -> list[str]:
        """The same, once there is so much."""

        async def said() -> list[str]:
            texts = await self.written(name)
            return texts if len(texts) >= count else []

        texts: list[str] = await until(said, f"{count} answers")
        return texts
