"""Questions as a state machine: whoever asks, answers, gives up or goes, none is lost, doubled or left waiting."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from teammcp_projects.questions.dispatch import look_at_all
from teammcp_projects.questions.models import OPEN
from teammcp_projects.questions.operations.returning import look_at_holders

from teammcp import Conflict, TeamError
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, Member, MovedClock, TestTeam, all_plugins_but, serve

ASKERS, PROJECTS, AT_ONCE = 8, 3, 2
numbers = st.integers(0, 1_000)
askers = st.one_of(st.just(0), st.integers(0, ASKERS - 1))
"""One of them asks much."""


class QuestionMachine(RuleBasedStateMachine):
    """Each run has members and projects of its own in one team that all share."""

    loop: ClassVar[asyncio.Runner]
    home: ClassVar[Path]
    stack: ClassVar[AsyncExitStack]
    team: ClassVar[TestTeam]
    clock: ClassVar[MovedClock]
    rounds: ClassVar[itertools.count[int]] = itertools.count()

    @classmethod
    async def open_server(cls, owner: str | None = None) -> None:
        """Start the server, or start it anew."""
        values: dict[str, Any] = {**NO_LIMITS, "home": cls.home}
        values["disabled_plugins"] = all_plugins_but({"theme-base", "projects"})
        cls.stack = AsyncExitStack()
        app = await cls.stack.enter_async_context(serve(load_settings(**values), cls.clock))
        cls.team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        if owner is None:
            await cls.team.register_owner()
        else:
            cls.team.owner = cls.team.member("owner", owner)

    def do(self, work: Any) -> Any:
        return self.loop.run(work)

    @initialize()
    def begin(self) -> None:
        number = next(self.rounds)
        self.asked: list[int] = []
        self.keys: dict[str, str] = {}
        self.askers = [f"ask{number}.{each}" for each in range(ASKERS)]
        self.projects = [f"p{number}.{each}" for each in range(PROJECTS)]
        self.answerers = {name: [f"{name}.a{each}" for each in range(3)] for name in self.projects}
        self.do(self._begin())

    async def _begin(self) -> None:
        for name in [*self.askers, *itertools.chain(*self.answerers.values())]:
            self.keys[name] = (await self.team.agent(name)).key
        for name in self.projects:
            await self.team.owner.call("add_project", name=name, at_once=AT_ONCE)
            await self.team.owner.call("set_project_agents", project=name, agents=self.answerers[name])

    def member(self, name: str) -> Member:
        return self.team.member(name, self.keys[name])

    async def question(self, number: int) -> Any:
        return await self.team.owner.call("get_question", question_id=number)

    # -- what happens --------------------------------------------------------------------------------------------------

    @rule(asker=askers, projects=st.sets(st.integers(0, PROJECTS - 1), min_size=1), urgent=st.booleans())
    def ask(self, asker: int, projects: set[int], urgent: bool) -> None:
        async def ask() -> None:
            named = [self.projects[each] for each in sorted(projects)]
            more = {"priority": "high"} if urgent else {}
            whoever = self.member(self.askers[asker])
            found = await whoever.call("teams_ask", projects=named, question="which?", **more)
            self.asked += [each.id for each in found.questions]

        self.do(ask())

    @rule(which=numbers, by_reply=st.booleans(), cannot_say=st.booleans())
    def answer(self, which: int, by_reply: bool, cannot_say: bool) -> None:
        self.do(self._answer(which, by_reply=by_reply, cannot_say=cannot_say))

    async def _answer(self, which: int, *, by_reply: bool = False, cannot_say: bool = False) -> None:
        found = [each for number in self.asked if (each := await self.question(number)).state == "asked"]
        if not found:
            return
        question = found[which % len(found)]
        holder, text = self.member(question.holder), f"answer to {question.id}"
        if by_reply:
            there = f"dm:{question.asker}"
            await holder.call("send_message", channel=there, content=text, replyTo=question.message_id)
            await self.team.server.settle()
        else:
            more = {"cannot_say": cannot_say}
            await holder.call("answer_question", question_id=question.id, answer=text, **more)

    @rule(which=numbers)
    def ask_back(self, which: int) -> None:
        async def happen() -> None:
            found = [each for number in self.asked if (each := await self.question(number)).state == "asked"]
            if found:
                question = found[which % len(found)]
                with suppress(Conflict):  # often enough
                    holder = self.member(question.holder)
                    await holder.call("ask_back", question_id=question.id, content="of which?")

        self.do(happen())

    @rule(which=numbers, by_reply=st.booleans())
    def say(self, which: int, by_reply: bool) -> None:
        self.do(self._say(which, by_reply=by_reply))

    async def _say(self, which: int, *, by_reply: bool = False) -> None:
        found = [each for number in self.asked if (each := await self.question(number)).state == "countered"]
        if not found:
            return
        question = found[which % len(found)]
        asker, last = self.member(question.asker), question.exchanges[-1]
        if by_reply:
            there = f"dm:{last.asked_by}"
            await asker.call("send_message", channel=there, content="of this", replyTo=last.asked_id)
            await self.team.server.settle()
        else:
            await asker.call("answer_question", question_id=question.id, answer="of this")

    @rule(which=numbers)
    def take_back(self, which: int) -> None:
        if self.asked:
            number = self.asked[which % len(self.asked)]

            async def cancel() -> None:
                asker = (await self.question(number)).asker
                await self.member(asker).call("cancel_question", question_id=number)

            self.do(cancel())

    @rule(which=numbers, comes=st.booleans())
    def come_or_go(self, which: int, comes: bool) -> None:
        names = [*itertools.chain(*self.answerers.values())]
        name = names[which % len(names)]

        async def happen() -> None:
            if comes:
                await self.member(name).call("get_me")
            else:
                self.team.team.presence.leave(name)

        self.do(happen())

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.do(self._look())

    async def _look(self) -> None:
        await look_at_holders(self.team.team)
        await look_at_all(self.team.team)
        await self.team.server.settle()

    @rule()
    def start_anew(self) -> None:
        async def restart() -> None:
            await self.stack.aclose()
            await self.open_server(self.team.owner.key)

        self.do(restart())

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def nobody_has_more_than_one_and_no_lane_and_no_project_more_than_it_may(self) -> None:
        async def open_ones() -> list[Any]:
            await self.team.server.settle()
            return [each for number in self.asked if (each := await self.question(number)).state == "asked"]

        found = self.do(open_ones())
        assert all(count == 1 for count in Counter(each.holder for each in found).values())
        assert all(count == 1 for count in Counter((each.project, each.asker) for each in found).values())
        assert all(count <= AT_ONCE for count in Counter(each.project for each in found).values())

    def teardown(self) -> None:
        if hasattr(self, "asked"):
            self.do(self._finish())

    async def _finish(self) -> None:
        """Whoever is asked answers or says it, until nothing waits; then it is seen what everybody has."""
        for _ in self.asked:
            await self._say(0)
        for _ in self.asked:
            await self._look()
            await self._answer(0)
        questions = [await self.question(number) for number in self.asked]
        assert [each.id for each in questions if each.state in OPEN] == []
        for question in questions:
            if question.answer_id is None:
                continue
            there = f"dm:{question.answered_by}"
            said = (await self.member(question.asker).call("get_history", channel=there, limit=200)).messages
            answers = [each for each in said if each.content.endswith(f"answer to {question.id}")]
            assert [each.id for each in answers] == [question.answer_id], "it is told once"
        for name in (*self.askers, *itertools.chain(*self.answerers.values())):
            with suppress(TeamError):
                await self.team.owner.call("retire_agent", name=name)
        await self.team.server.settle()


class TestQuestions(QuestionMachine.TestCase):  # type: ignore[valid-type, misc]
    """The machine, with a team to live in."""

    settings = settings(max_examples=8, stateful_step_count=20, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        QuestionMachine.loop = asyncio.Runner()
        cls.folder = tempfile.TemporaryDirectory()
        QuestionMachine.home, QuestionMachine.clock = Path(cls.folder.name), MovedClock()
        QuestionMachine.loop.run(QuestionMachine.open_server())

    @classmethod
    def tearDownClass(cls) -> None:
        QuestionMachine.loop.run(QuestionMachine.stack.aclose())
        QuestionMachine.loop.close()
        cls.folder.cleanup()
