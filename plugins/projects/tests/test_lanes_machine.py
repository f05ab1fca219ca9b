"""Agents that are started for questions as a state machine: whoever is killed, in which order, all is answered once."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from plugins.projects.tests.lane_ending import Ending
from plugins.projects.tests.lane_machine import Round, World
from teammcp import NotFound

ASKERS, PROJECTS, AT_ONCE = 8, 3, 2
numbers = st.integers(0, 1_000)
askers = st.one_of(st.just(0), st.integers(0, ASKERS - 1))
"""One of them asks much. The first two work in the same project, and have one lane."""
projects = st.one_of(st.just({0}), st.sets(st.integers(0, PROJECTS - 1), min_size=1))
asks = st.tuples(askers, projects, st.sampled_from(["low", "normal", "high"]), st.booleans())
deeds = st.sampled_from(["answer", "answer", "answer", "cannot_say", "fail", "nothing", "ask_back", "crash"])


class LaneMachine(RuleBasedStateMachine):
    """Each run has members, projects and a runner of its own in one team that all share."""

    loop: ClassVar[asyncio.Runner]
    world: ClassVar[World]

    def do(self, work: Any) -> None:
        async def then() -> None:
            await work
            await self.round.settle()

        self.loop.run(then())

    @initialize(first=st.lists(asks, min_size=3, max_size=6))
    def begin(self, first: list[Any]) -> None:
        self.world.witness.amiss.clear()
        self.round = Round(self.world, ASKERS, PROJECTS, AT_ONCE)
        self.gone: set[str] = set()
        self.written_to: set[str] = set()
        self.renewed: set[str] = set()
        self.left: set[str] = set()
        self.most = dict(self.round.at_once)
        self.do(self.round.begin())
        self.ask(first)

    # -- who asks ------------------------------------------------------------------------------------------------------

    @rule(several=st.lists(asks, min_size=1, max_size=2))
    def ask(self, several: list[Any]) -> None:
        async def ask() -> None:
            for each in several:
                await self._ask(*each)

        self.do(ask())

    async def _ask(self, asker: int, projects: set[int], priority: str, twice: bool) -> None:
        name, named = self.round.askers[asker], [self.round.projects[each] for each in sorted(projects)]
        if name in self.gone:
            return
        body = {"projects": named, "question": "which?", "priority": priority}
        key = {"Idempotency-Key": f"k{len(self.round.asked)}"}
        post = self.round.member(name).http.post
        answers = await asyncio.gather(*(post("/api/questions", json=body, headers=key) for _ in range(1 + twice)))
        found = [[each["id"] for each in answer.json()["questions"]] for answer in answers]
        assert found[0] == found[-1], "a retry asks nothing"
        self.round.asked += found[0]

    @rule(which=numbers)
    def follow(self, which: int) -> None:
        async def follow() -> None:
            known = [each for each in await self.round.questions() if each.asker not in self.gone]
            if known:
                before = known[which % len(known)]
                asker = self.round.member(before.asker)
                found = await asker.call("teams_ask", projects=[before.project], question="and?", follows=before.id)
                self.round.asked += [each.id for each in found.questions]

        self.do(follow())

    @rule(which=numbers)
    def take_back(self, which: int) -> None:
        async def cancel() -> None:
            found = await self.round.questions("queued", "asked", "countered")
            if found:
                question = found[which % len(found)]
                await self.round.member(question.asker).call("cancel_question", question_id=question.id)

        self.do(cancel())

    @rule(which=numbers, by_reply=st.booleans())
    def say(self, which: int, by_reply: bool) -> None:
        self.do(self.round.say(which, by_reply=by_reply))

    @rule(asker=st.integers(1, ASKERS - 1))
    def retire(self, asker: int) -> None:
        async def retire() -> None:
            name = self.round.askers[asker]
            if len(self.gone) < 2 and name not in self.gone:
                self.gone.add(name)
                self.left |= {each for each in await self.round.agents() if each.endswith(f".{name}")}
                await self.world.team.owner.call("retire_agent", name=name)

        self.do(retire())

    @rule(asker=askers, project=st.integers(0, PROJECTS - 1))
    def reset(self, asker: int, project: int) -> None:
        async def reset() -> None:
            name = self.round.askers[asker]
            with suppress(NotFound):  # nobody was started for it yet
                if name not in self.gone:
                    there = self.round.projects[project]
                    found = await self.round.member(name).call("reset_conversation", project=there)
                    self.renewed.add(found.agent)

        self.do(reset())

    # -- who answers ---------------------------------------------------------------------------------------------------

    @rule(several=st.lists(st.tuples(numbers, deeds), min_size=1, max_size=4))
    def act(self, several: list[tuple[int, str]]) -> None:
        async def act() -> None:
            for which, deed in several:
                if found := self.round.programs.waiting():
                    await self.round.act(found[which % len(found)], deed)

        self.do(act())

    @rule(which=numbers)
    def write_to_an_agent(self, which: int) -> None:
        async def write() -> None:
            if agents := await self.round.agents():
                name = agents[which % len(agents)]
                self.written_to.add(name)
                await self.world.team.owner.call("send_dm", recipient=name, content="by the way")

        self.do(write())

    # -- what becomes of the world -------------------------------------------------------------------------------------

    @rule(project=st.integers(0, PROJECTS - 1), at_once=st.integers(1, 3))
    def change_limit(self, project: int, at_once: int) -> None:
        async def change() -> None:
            name = self.round.projects[project]
            await self.world.team.owner.call("update_project", project=name, at_once=at_once)
            self.round.at_once[name] = at_once

        self.do(change())

    @rule(which=numbers)
    def stop_an_agent(self, which: int) -> None:
        async def stop() -> None:
            if agents := await self.round.agents():
                await self.round.stop(agents[which % len(agents)])

        self.do(stop())

    @rule()
    def let_all_go_on(self) -> None:
        self.do(self.round.let_go_on())

    @rule(what=st.sampled_from(["server", "runner", "runner, killed"]))
    def restart(self, what: str) -> None:
        killed = what == "runner, killed"
        self.do(self.round.restart_server() if what == "server" else self.round.restart_runner(killed=killed))

    @rule(seconds=st.sampled_from([1, 11, 70, 16 * 60]))
    def time_passes(self, seconds: int) -> None:
        self.do(self.round.pass_time(seconds))

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def what_is_promised(self) -> None:
        if hasattr(self, "round"):
            assert self.world.witness.amiss == []
            self._each_waits_at_its_place_and_says_why()
            self._no_more_are_at_work_than_may_be_and_nobody_is_ended_who_is()

    def _each_waits_at_its_place_and_says_why(self) -> None:
        questions = self.loop.run(self.round.questions())
        for project in self.round.projects:
            places = [each.place for each in questions if each.project == project and each.state == "queued"]
            assert sorted(places) == [*range(1, len(places) + 1)]
        for each in questions:
            stopped = [name for name in self.round.stopped if f"{name}, who answers, was stopped." in each.trouble]
            assert not each.trouble or stopped, each

    def _no_more_are_at_work_than_may_be_and_nobody_is_ended_who_is(self) -> None:
        at_work = self.round.programs.waiting()
        vanished = [each for each in self.round.programs.vanished() if each.agent not in self.renewed | self.left]
        assert vanished == [], f"only a new conversation, or that who asked has left, ends one at work: {vanished}"
        assert len({each.agent for each in at_work}) == len(at_work), "one program for each conversation"
        for project, limit in self.round.at_once.items():
            agents = [each.agent for each in at_work if each.agent.startswith(f"{project}.")]
            theirs = len([each for each in agents if each not in self.written_to | self.left])
            assert theirs <= max(limit, self.most[project]), agents
            self.most[project] = max(limit, min(theirs, self.most[project]))

    def teardown(self) -> None:
        if hasattr(self, "round"):
            self.loop.run(self._finish())

    async def _finish(self) -> None:
        try:
            await Ending(self.round, self.gone).see()
        finally:
            await self.round.end()
        assert self.world.witness.amiss == []


class TestLanes(LaneMachine.TestCase):  # type: ignore[valid-type, misc]
    """The machine, with a team to live in."""

    settings = settings(max_examples=5, stateful_step_count=15, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        LaneMachine.loop = asyncio.Runner()
        cls.folder = tempfile.TemporaryDirectory()
        LaneMachine.world = World(Path(cls.folder.name))
        LaneMachine.loop.run(LaneMachine.world.open())

    @classmethod
    def tearDownClass(cls) -> None:
        LaneMachine.loop.run(LaneMachine.world.close())
        LaneMachine.loop.close()
        cls.folder.cleanup()


@pytest.mark.sweep
@pytest.mark.timeout(1200)
class TestLanesLong(TestLanes):
    """The same for longer."""

    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
