"""Notices as a state machine: who builds on it is told once, nobody is forgotten, and what is shown has happened."""

from __future__ import annotations

import asyncio
import itertools
import re
import tempfile
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from teammcp_projects.notices.looking import look_at_all

from teammcp import TeamError, rfc3339
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, Member, MovedClock, TestTeam, all_plugins_but, serve

pytestmark = pytest.mark.timeout(300)
CONSUMERS = 3
numbers = st.integers(0, 1_000)
OVER = {"closed", "withdrawn"}
UNSETTLED = {"open", "acknowledged", "objects"}


class NoticeMachine(RuleBasedStateMachine):
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

    @initialize()
    def begin(self) -> None:
        number = next(self.rounds)
        self.made = itertools.count()
        self.provider = f"p{number}"
        self.consumers = [f"c{number}.{each}" for each in range(CONSUMERS)]
        self.members: dict[str, Member] = {}
        self.works: dict[str, list[str]] = {}
        self.notices: list[int] = []
        self.do(self._begin())

    async def _begin(self) -> None:
        for name in (self.provider, *self.consumers):
            await self.team.owner.call("add_project", name=name)
            await self._hire(name)
        for name in self.consumers[1:]:
            await self.team.owner.call("subscribe_project", project=name, to=self.provider)

    async def _hire(self, project: str) -> str:
        """Let a new member alone work in a project."""
        name = f"{project}.m{next(self.made)}"
        self.members[name] = await self.team.agent(name)
        self.works[project] = [name]
        await self.team.owner.call("set_project_agents", project=project, agents=[name])
        return name

    def do(self, work: Any) -> None:
        async def settled() -> None:
            await work
            await self.team.server.settle()

        self.loop.run(settled())

    def attempt(self, work: Any) -> None:
        """Do what is refused if it may not be done now."""

        async def attempted() -> None:
            with suppress(TeamError):
                await work

        self.do(attempted())

    def speaker(self, project: str) -> Member:
        return self.members[self.works[project][0]]

    # -- what happens --------------------------------------------------------------------------------------------------

    @rule(change=st.sampled_from(["breaking", "added", "request"]), minutes=st.integers(1, 90))
    def announce(self, change: str, minutes: int) -> None:
        async def announce() -> None:
            more = {} if change == "added" else {"next_step": "act", "act_by": self._at(minutes)}
            found = await self.speaker(self.provider).call("announce_change", change=change, content="what", **more)
            self.notices.append(found.id)

        self.attempt(announce())

    def _at(self, minutes: int) -> str:
        return rfc3339(self.clock.now() + minutes * 60_000)

    @rule(
        which=numbers,
        consumer=numbers,
        state=st.sampled_from(["acknowledged", "done", "not_affected", "objects"]),
    )
    def answer(self, which: int, consumer: int, state: str) -> None:
        if self.notices and self.consumers:
            number = self.notices[which % len(self.notices)]
            speaker = self.speaker(self.consumers[consumer % len(self.consumers)])
            self.attempt(speaker.call("answer_notice", notice_id=number, state=state, words="so"))

    @rule(which=numbers, state=st.sampled_from(["closed", "withdrawn"]))
    def end(self, which: int, state: str) -> None:
        if self.notices:
            number = self.notices[which % len(self.notices)]
            self.attempt(self.team.owner.call("end_notice", notice_id=number, state=state, words="so"))

    @rule(consumer=numbers)
    def subscribe(self, consumer: int) -> None:
        if self.consumers:
            project = self.consumers[consumer % len(self.consumers)]
            self.do(self.speaker(project).call("subscribe_project", to=self.provider))

    @rule(consumer=numbers)
    def unsubscribe(self, consumer: int) -> None:
        async def unsubscribe(project: str) -> None:
            found = await self.team.owner.call("list_subscriptions", project=project)
            for each in found.subscriptions:
                await self.speaker(project).call("unsubscribe_project", subscription_id=each.id)

        if self.consumers:
            self.do(unsubscribe(self.consumers[consumer % len(self.consumers)]))

    @rule(consumer=numbers)
    def remove(self, consumer: int) -> None:
        if len(self.consumers) > 1:
            project = self.consumers.pop(consumer % len(self.consumers))
            self.do(self.team.owner.call("remove_project", project=project))

    @rule(which=numbers, retires=st.booleans())
    def another_works_there(self, which: int, retires: bool) -> None:
        async def change(project: str) -> None:
            before = self.works[project][0]
            if retires:
                await self.team.owner.call("retire_agent", name=before)
                del self.members[before]
            await self._hire(project)

        names = [self.provider, *self.consumers]
        self.do(change(names[which % len(names)]))

    @rule(minutes=st.integers(1, 60))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.do(look_at_all(self.team.team))

    @rule()
    def start_anew(self) -> None:
        async def restart() -> None:
            await self.stack.aclose()
            await self.open_server(self.team.owner.key)
            self.members = {name: self.team.member(name, each.key) for name, each in self.members.items()}

        self.do(restart())

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def what_is_shown_is_what_happened(self) -> None:
        if self.notices:
            self.loop.run(self._check_fold())

    async def _check_fold(self) -> None:
        events = [each for each in await self.team.events() if each.kind.startswith("notice.")]
        for number in self.notices:
            lines: dict[str, str] = {}
            state = "open"
            for event in (each for each in events if each.subject == str(number)):
                data, kind = event.data, event.kind.removeprefix("notice.")
                if kind == "announced":
                    lines = dict.fromkeys(data["consumers"], "open")
                elif kind in ("joined", "answered"):
                    lines[data["consumer"]] = data.get("state", "open")
                elif kind == "left":
                    del lines[data["consumer"]]
                elif kind in ("ended", "reopened"):
                    state = data.get("state", "open")
            found = await self.team.owner.call("get_notice", notice_id=number)
            assert (found.state, found.counts) == (state, Counter(lines.values()))
            assert {each.project: each.state for each in found.lines} == lines
            unsettled = [name for name, each in lines.items() if self._unsettled(each, found.next_step)]
            assert state in OVER or (state == "open") == bool(unsettled)
            self._check_told(found)

    @staticmethod
    def _unsettled(state: str, next_step: str) -> bool:
        return state in UNSETTLED and (state != "acknowledged" or bool(next_step))

    def _check_told(self, notice: Any) -> None:
        """Nobody who has to act is forgotten, and nobody has to act on what is over."""
        for line in notice.lines:
            told = [each.name for each in line.told]
            assert len(told) == len({*told})
            if line.must_act:
                assert notice.state == "open"
                assert {*self.works[line.project]} <= {*told}, line.trouble

    def teardown(self) -> None:
        if hasattr(self, "notices"):
            self.loop.run(self._finish())

    async def _finish(self) -> None:
        """It is seen what everybody has: each notice once, its withdrawal once, and of what is overdue once."""
        for name, member in self.members.items():
            history = await self._read(member)
            for number in self.notices:
                notice = await self.team.owner.call("get_notice", notice_id=number)
                mine = [each for each in history if (each.metadata or {}).get("notice_id") == number]
                mine = [each for each in mine if each.from_agent != name]
                told = [line for line in notice.lines if name in {each.name for each in line.told}]
                heard_for = self._check_first(name, number, mine, told)
                withdrawn = notice.state == "withdrawn" and bool(told)
                assert sum("has withdrawn" in each.content for each in mine) == withdrawn
                reminded = [found[1] for each in mine if (found := re.search(r"(\S+) was to act", each.content))]
                assert len({*reminded}) == len(reminded)
                assert {*reminded} <= heard_for, "also for a project that was removed since"
            waiting = {each.id for each in (await member.call("list_notices", mine=True)).notices}
            assert waiting == await self._acts(name), "what waits is what is to be done"
        for name in self.members:
            await self.team.owner.call("retire_agent", name=name)
        await self.team.server.settle()

    def _check_first(self, name: str, number: int, mine: list[Any], told: list[Any]) -> set[str]:
        """It was told once for each project, and each line that is there names the message; which those are."""
        start = f"Notice {number} from {self.provider} for "
        firsts = {each.id: each.content.removeprefix(start).partition(":")[0] for each in mine if start in each.content}
        assert len({*firsts.values()}) == len(firsts)
        named = {each.message_id: line.project for line in told for each in line.told if each.name == name}
        assert named.items() <= firsts.items()
        here = {each: project for each, project in firsts.items() if project in self.consumers}
        assert here.items() <= named.items()
        return {*firsts.values()}

    async def _acts(self, name: str) -> set[int]:
        """The notices on which a member has to act."""
        found = set()
        for number in self.notices:
            notice = await self.team.owner.call("get_notice", notice_id=number)
            for line in notice.lines:
                theirs = line.must_act and name in self.works[line.project]
                mine = notice.announced_by == name and line.state == "objects" and notice.state == "open"
                if theirs or mine:
                    found.add(number)
        return found

    async def _read(self, member: Member) -> list[Any]:
        found: list[Any] = []
        for channel in (await member.call("get_channels")).root:
            if channel.type == "dm":
                found += (await member.call("get_history", channel=channel.id, limit=200)).messages
        return sorted(found, key=lambda message: message.id)


class TestNotices(NoticeMachine.TestCase):  # type: ignore[valid-type, misc]
    """The machine, with a team to live in."""

    settings = settings(max_examples=6, stateful_step_count=20, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        NoticeMachine.loop = asyncio.Runner()
        cls.folder = tempfile.TemporaryDirectory()
        NoticeMachine.home, NoticeMachine.clock = Path(cls.folder.name), MovedClock()
        NoticeMachine.loop.run(NoticeMachine.open_server())

    @classmethod
    def tearDownClass(cls) -> None:
        NoticeMachine.loop.run(NoticeMachine.stack.aclose())
        NoticeMachine.loop.close()
        cls.folder.cleanup()
