"""An agent's life as a state machine: whatever ends, in any order, it runs once, and no message is lost or doubled."""

from __future__ import annotations

import asyncio
import itertools
import re
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from teammcp import Conflict
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, MovedClock, TestTeam, all_plugins_but, serve

from .keeping import Stage, until
from .scripted import ALL, Puppet, PuppetPlugin, Puppets

SETTLE = st.sampled_from([0.0, 0.0, 0.03])
"""Seconds that what was begun gets until the next thing happens."""
TURNS = 200
"""How often time passes at the end until all that was sent has been dealt with."""
WAKE_EVERY = 10
"""After how many of them somebody writes: no moved clock wakes a wait for what was handed to a reader that is gone."""


class AgentMachine(RuleBasedStateMachine):
    """Each run has an agent and a machine of its own in one team that all share."""

    loop: ClassVar[asyncio.Runner]
    home: ClassVar[Path]
    stack: ClassVar[AsyncExitStack]
    team: ClassVar[TestTeam]
    clock: ClassVar[MovedClock]
    numbers: ClassVar[itertools.count[int]] = itertools.count()

    # -- the world -----------------------------------------------------------------------------------------------------

    @classmethod
    async def open_server(cls) -> None:
        """Start the server, or start it anew."""
        values: dict[str, Any] = {
            **NO_LIMITS,
            "home": cls.home,
            "disabled_plugins": all_plugins_but({"theme-base", "claude_launcher"}),
        }
        launcher = {"machine": "here", "local_runner": False, "idle_minutes": 1, "restarts": 1000}
        values["plugins"] = {**values["plugins"], "claude_launcher": launcher}
        cls.stack = AsyncExitStack()
        app = await cls.stack.enter_async_context(
            serve(load_settings(**values), cls.clock, {"puppets": PuppetPlugin()})
        )
        old = getattr(cls, "team", None)
        cls.team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        if old is None:
            await cls.team.register_owner()
        else:
            cls.team.owner = cls.team.member("owner", old.owner.key)

    def do(self, work: Any, settle: float = 0.0) -> Any:
        async def then() -> Any:
            found = await work
            await asyncio.sleep(settle)
            return found

        return self.loop.run(then())

    @initialize()
    def begin(self) -> None:
        number = next(self.numbers)
        self.agent = f"bob{number}"
        self.runtime = Puppets(ALL)
        self.stage = Stage(self.team, self.home / f"runner{number}", self.runtime, machine=f"box{number}")
        self.sent: list[tuple[int, str]] = []
        self.taken: list[str] = []
        self.read_by_tools = False
        self.answers = itertools.count()
        self.do(self.stage.up())
        self.do(self.stage.start(self.agent), 0.05)

    @property
    def program(self) -> Puppet | None:
        """The program that runs."""
        alive = self.runtime.alive
        return alive[-1] if alive else None

    def untaken(self) -> list[str]:
        """The ids of the turns that the program has not taken up."""
        program = self.program
        return [turn.id for turn in program.turns if turn.id not in program.taken] if program else []

    # -- what happens --------------------------------------------------------------------------------------------------

    @rule(settle=SETTLE)
    def send(self, settle: float) -> None:
        text = f"message-{len(self.sent)}-"
        self.sent.append((self.do(self.stage.tell(text, self.agent), settle), text))

    @rule(settle=SETTLE)
    def take_up(self, settle: float) -> None:
        self.do(self._take_up(), settle)

    async def _take_up(self) -> None:
        program = self.program
        if program is None:
            return
        for turn in self.untaken()[:1]:
            [number] = [number for number, each in enumerate(program.turns) if each.id == turn]
            program.take(number)
            self.taken.append(program.turns[number].text)

    @rule(settle=SETTLE)
    def end_turn(self, settle: float) -> None:
        self.do(self._end_turn(), settle)

    async def _end_turn(self) -> None:
        if self.program is not None and self.program.taken:
            self.program.end_turn(f"answer {next(self.answers)}")

    @rule(code=st.sampled_from([0, 1, -9]), settle=SETTLE)
    def crash(self, code: int, settle: float) -> None:
        async def exit() -> None:
            if self.program is not None:
                self.program.exit(code)

        self.do(exit(), settle)

    @rule(operation=st.sampled_from(["start_agent", "stop_agent", "restart_agent"]), settle=SETTLE)
    def order(self, operation: str, settle: float) -> None:
        self.do(self._order(operation), settle)

    async def _order(self, operation: str) -> None:
        with suppress(Conflict):  # what is stopped cannot be restarted
            await self.team.owner.call(operation, name=self.agent)

    @rule(settle=SETTLE)
    def read_by_itself(self, settle: float) -> None:
        if self.program is None:
            return
        member = self.team.member(self.agent, self.stage.key(self.agent))
        self.do(member.call("get_inbox"), settle)
        self.read_by_tools = True

    @rule(settle=SETTLE)
    def kill_the_runner(self, settle: float) -> None:
        self.do(self._restart_runner(killed=True), settle)

    @rule(settle=SETTLE)
    def stop_the_runner(self, settle: float) -> None:
        self.do(self._restart_runner(killed=False), settle)

    async def _restart_runner(self, *, killed: bool) -> None:
        away = self.stage.network.away
        await (self.stage.kill() if killed else self.stage.down())
        self.stage.network.away = away
        await self.stage.up()

    @rule(settle=SETTLE)
    def cut_the_network(self, settle: float) -> None:
        async def cut() -> None:
            self.stage.network.cut()

        self.do(cut(), settle)

    @rule(settle=SETTLE)
    def mend_the_network(self, settle: float) -> None:
        async def mend() -> None:
            self.stage.network.mend()
            await self.stage.clock.advance(16)

        self.do(mend(), settle)

    @rule(settle=SETTLE)
    def start_the_server_anew(self, settle: float) -> None:
        self.do(self._restart_server(), settle)

    async def _restart_server(self) -> None:
        away = self.stage.network.away
        self.stage.network.cut()
        await self.stack.aclose()
        await self.open_server()
        self.stage.team = self.stage.network.team = self.team
        self.stage.network.away = away

    @rule(seconds=st.sampled_from([1, 5, 31, 70]), settle=SETTLE)
    def let_time_pass(self, seconds: int, settle: float) -> None:
        self.do(self._pass(seconds), settle)

    async def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        await self.stage.clock.advance(seconds)

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def it_runs_once(self) -> None:
        assert len(getattr(self, "runtime", Puppets()).alive) <= 1

    @invariant()
    def nothing_comes_twice_without_saying_so(self) -> None:
        for _, text in getattr(self, "sent", ()):
            fresh = [turn for turn in self.taken if _is_fresh(turn, text)]
            assert len(fresh) <= 1, fresh

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return
        try:
            self.do(self._finish())
        finally:
            self.do(self.stage.down())

    async def _finish(self) -> None:
        self.stage.network.mend()
        await self._pass(20)
        await self.stage.connected()
        await self._order("start_agent")
        for turn in range(TURNS):
            await self._pass(16)
            if turn % WAKE_EVERY == WAKE_EVERY - 1:
                await self.stage.tell("Is there anything left?", self.agent)
            await asyncio.sleep(0.01)
            while self.untaken():
                await self._take_up()
                await self._end_turn()
                await asyncio.sleep(0.01)
            left = [text for number, text in self.sent if not await self.stage.has_arrived(number, self.agent)]
            if not left:
                break
        assert left == []
        if not self.read_by_tools:
            for _, text in self.sent:
                assert any(text in turn for turn in self.taken), f"{text} was confirmed, but nobody has had it"
        if self.sent:
            answers = await self.stage.written(self.agent)
            assert len(answers) == len(set(answers)), answers
        await self._order("stop_agent")
        await until(lambda: not self.runtime.alive and not self.stage.keepers.live_runs(), "the end of its program")

        async def all_ended() -> bool:
            return all(run.reason for run in await self.stage.runs(self.agent))

        await until(all_ended, "the end of every run")


def _is_fresh(turn: str, text: str) -> bool:
    """Whether a turn gives a message as one that the agent has not had."""
    before, found, _ = turn.partition(text)
    mark = re.search(r"may have reached you before[^\n]*\n<[^\n]*\n[^\n]*$", before)
    return bool(found) and mark is None and "ended unexpectedly" not in turn


class TestAgent(AgentMachine.TestCase):  # type: ignore[valid-type, misc]
    """The machine, with a team to live in."""

    settings = settings(max_examples=8, stateful_step_count=20, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        AgentMachine.loop = asyncio.Runner()
        cls.folder = tempfile.TemporaryDirectory()
        AgentMachine.home, AgentMachine.clock = Path(cls.folder.name), MovedClock()
        AgentMachine.loop.run(AgentMachine.open_server())

    @classmethod
    def tearDownClass(cls) -> None:
        AgentMachine.loop.run(AgentMachine.stack.aclose())
        AgentMachine.loop.close()
        del AgentMachine.team
        cls.folder.cleanup()
