"""What the machine of lanes works with: projects whose agents are started, in a runner, as processes, for who asks."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.runtimes.command import CommandRuntime
from teammcp_projects.questions import showing
from teammcp_projects.registry import queries as registry

from plugins.claude_launcher.tests.keeping import Stage, until
from plugins.projects.tests.programs import Program, Programs
from plugins.projects.tests.witness import Witness
from teammcp import Context, TeamError
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, Member, MovedClock, TestTeam, all_plugins_but, serve

MANY = 100_000
LAUNCHER = {
    "machine": "here",
    "local_runner": False,
    "at_once": 100,
    "most_homes": MANY,
    "restarts": MANY,
    "stop_seconds": 0,
}
HUNG = 600
"""Seconds after two of which a program that does nothing counts as hung, and is ended."""
LOOKS = 60
"""How often it is looked whether all that was begun has got as far as it can by itself."""


class World:
    """A server, and the clock that is its. Each example has a `Round` of its own in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = MovedClock()
        self.witness = Witness(self.clock)
        self.numbers = itertools.count(1)
        self.team: TestTeam
        self._patch = pytest.MonkeyPatch()
        self._stack = AsyncExitStack()
        self._members: dict[str, Member] = {}

    async def open(self) -> None:
        """Start the server, or start it anew."""
        values: dict[str, Any] = {**NO_LIMITS, "home": self.home / "server"}
        values["disabled_plugins"] = all_plugins_but({"theme-base", "projects", "claude_launcher"})
        values["plugins"] = {**values["plugins"], "claude_launcher": LAUNCHER}
        app = await self._stack.enter_async_context(serve(load_settings(**values), self.clock))
        before = getattr(self, "team", None)
        self.team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        if before is None:
            self.witness.watch(self._patch)
            await self.team.register_owner()
        else:
            self.team.owner = self.team.member("owner", before.owner.key)

    async def stop(self) -> None:
        """Stop the server."""
        for member in self._members.values():
            await member.http.aclose()
        self._members.clear()
        await self.team.close()
        await self._stack.aclose()

    async def close(self) -> None:
        """Stop the server for good."""
        await self.stop()
        self._patch.undo()

    def member(self, name: str, key: str) -> Member:
        """Somebody whose key is known."""
        if name not in self._members:
            self._members[name] = self.team.member(name, key)
        return self._members[name]

    async def agent(self, name: str) -> str:
        """Register somebody; the key."""
        return (await self.team.owner.call("register_agent", name=name)).apiKey


class Round:
    """Projects, those who ask them, and a runner, which is there all the time unless a test restarts it."""

    def __init__(self, world: World, askers: int, projects: int, at_once: int) -> None:
        number = next(world.numbers)
        self.world = world
        self.projects = [f"p{number}.{each}" for each in range(projects)]
        self.askers = [f"ask{number}.{each}" for each in range(askers)]
        self.shared = f"web{number}"
        self.keys: dict[str, str] = {}
        self.at_once = dict.fromkeys(self.projects, at_once)
        self.asked: list[int] = []
        self.tokens: dict[str, Program] = {}
        self.resting: set[str] = set()
        self.stopped: set[str] = set()
        self.folder = world.home / f"round{number}"
        self.folder.mkdir()
        self.programs = Programs(self.folder / "programs")
        machine = f"box{number}"
        self.stage = Stage(world.team, self.folder / "runner", CommandRuntime(), machine=machine)

    async def begin(self) -> None:
        """Have all that there, and the runner connected."""
        await self.stage.up()
        await self.stage.connected()
        owner = self.world.team.owner
        for name in self.askers:
            self.keys[name] = await self.world.agent(name)
        await owner.call("add_project", name=self.shared)
        await owner.call("set_project_agents", project=self.shared, agents=self.askers[:2])
        for name in self.projects:
            folder = self.folder / name
            folder.mkdir()
            await owner.call(
                "add_project",
                name=name,
                at_once=self.at_once[name],
                runtime="command",
                options={"command": self.programs.command},
                folders=[{"machine": self.stage.machine, "folder": str(folder)}],
            )

    def member(self, name: str) -> Member:
        return self.world.member(name, self.keys[name])

    # -- what is to be seen --------------------------------------------------------------------------------------------

    async def questions(self, *states: str) -> list[Any]:
        """All that was asked, or what of it stands so."""
        team = self.world.team.team
        found = await team.database.read(showing.some, Context.inside(team), self.asked)
        return [each for each in found if not states or each.state in states]

    async def agents(self) -> list[str]:
        """Those that were started to answer."""
        read = self.world.team.team.database.read
        found = [await read(registry.lane_agents, name) for name in self.projects]
        return [row["agent"] for rows in found for row in rows]

    # -- what happens --------------------------------------------------------------------------------------------------

    async def act(self, program: Program, deed: str) -> None:
        """Have a program do something: answer, say that it cannot, fail, say nothing, crash, or ask back."""
        token = f"token-{len(self.tokens)}-"
        if deed in ("answer", "cannot_say"):
            self.tokens[token] = program
        elif deed != "ask_back":
            self.resting.add(program.agent)
        scripts = {
            "answer": f"echo {token}",
            "cannot_say": f"echo cannot_say: {token}",
            "fail": "echo half of it; exit 3",
            "nothing": "exit 0",
            "ask_back": "echo I have asked back",
        }
        if deed == "ask_back" and (number := asked_in(program)) is not None:
            try:
                agent = self.world.member(program.agent, program.key)
                await agent.call("ask_back", question_id=number, content="of which?")
            except TeamError:  # it was taken back, or too much was asked back: closing words would be a late answer
                deed = "nothing"
                self.resting.add(program.agent)
        if deed == "crash":
            self.programs.kill(program)
        else:
            await self.programs.tell(program, scripts[deed])

    async def say(self, which: int, *, by_reply: bool = False) -> None:
        """Have an asker say what was asked back about one of the questions of which something is."""
        found = await self.questions("countered")
        if not found:
            return
        question = found[which % len(found)]
        asker, last = self.member(question.asker), question.exchanges[-1]
        if by_reply:
            there = f"dm:{last.asked_by}"
            await asker.call("send_message", channel=there, content="of this", replyTo=last.asked_id)
        else:
            await asker.call("answer_question", question_id=question.id, answer="of this")

    async def moving(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in which the runner waits by its clock."""
        doing = asyncio.ensure_future(work)
        while not doing.done():
            await self.stage.clock.advance(1)
            await asyncio.sleep(0.002)
        await doing

    async def restart_runner(self, *, killed: bool) -> None:
        """Stop the runner, or kill it, and start it again."""
        await self.moving(self.stage.kill() if killed else self.stage.down())
        self.programs.forget()
        self.resting.clear()
        await self.stage.up()
        await self.stage.connected()

    async def restart_server(self) -> None:
        """Stop the server and start it again."""
        self.stage.network.cut()
        await self.world.stop()
        await self.world.open()
        self.stage.team = self.stage.network.team = self.world.team
        self.stage.network.mend()
        await self.stage.clock.advance(16)
        await self.stage.connected()

    async def stop(self, agent: str) -> None:
        """Stop an agent by hand."""
        await self.world.team.owner.call("stop_agent", name=agent)
        self.stopped.add(agent)
        self.resting.add(agent)
        await self.moving(self._ended(agent))
        self.programs.forget(agent)

    async def _ended(self, agent: str) -> None:
        async def is_over() -> bool:
            run = (await self.world.team.owner.call("get_agent_home", name=agent)).run
            return run is None or run.ended_at is not None

        await until(is_over, f"the end of {agent}")

    async def let_go_on(self) -> None:
        """Let all go on that were stopped, and what waits for them be tried again."""
        for agent in sorted(self.stopped.intersection(await self.agents())):  # others have left with who asked
            await self.world.team.owner.call("start_agent", name=agent)
        self.stopped.clear()
        await self.pass_time(70)

    async def pass_time(self, seconds: float) -> None:
        """Time passes, and what is done now and then is done."""
        self.world.clock.advance(seconds=seconds)
        await self.stage.clock.advance(seconds)
        if seconds > HUNG:
            self.programs.forget()
            self.resting |= {each.holder for each in await self.questions("asked")}
            await self.stage.clock.advance(70)  # after which they are started again
        await self.world.team.server.run_jobs()

    async def settle(self) -> None:
        """Wait until whoever has a question is at work on it, or has had enough."""
        for _ in range(LOOKS):
            await self.world.team.server.settle()
            if await self._is_at_rest():
                return
            await self.stage.clock.advance(0.01)
            await asyncio.sleep(0.003)
        self.resting |= {each.holder for each in await self.questions("asked")}  # it takes the clock, or an answer

    async def _is_at_rest(self) -> bool:
        at_work = {each.agent for each in self.programs.waiting()}
        self.resting -= at_work
        return all(each.holder in at_work | self.resting for each in await self.questions("asked"))

    async def end(self) -> None:
        """Stop the runner, and have nobody there any more."""
        await self.moving(self.stage.down())
        owner = self.world.team.owner
        for name in self.projects:
            for each in await self.questions("queued", "asked", "countered"):
                await owner.call("cancel_question", question_id=each.id)
            await owner.call("remove_project", project=name)
        await self.world.team.server.settle()


def asked_in(program: Program) -> int | None:
    """The question that a program is to answer; None if it was told something else.

    What it was at when it was ended, and nobody waits for any more, comes again with what is asked next.
    """
    found = re.findall(r"Question (\d+) to ", program.text)
    return int(found[-1]) if found else None
