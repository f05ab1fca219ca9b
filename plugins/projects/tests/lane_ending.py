"""How a round of the machine of lanes ends: what waits is answered, and then it is seen what everybody has heard."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from plugins.projects.tests.lane_machine import Round, asked_in

STEPS = 50
WAKE_EVERY = 10
"""After how many steps whoever does nothing is written to: more than it takes until a turn that is over without an
answer is seen."""


class Ending:
    """The end of a round.

    Args:
        round: itself.
        gone: who was retired.
    """

    def __init__(self, round: Round, gone: Collection[str]) -> None:
        self._round = round
        self._gone = gone

    async def see(self) -> None:
        """Let all be answered, and see that it is as was promised."""
        await self._calm_down()
        begun, projects = self._round.world.witness.begun, self._round.projects
        places = {each.id: each.place for each in await self._round.questions("queued")}
        before = {project: len(begun[project]) for project in projects}
        await self._answer_all()
        for project in projects:
            since = begun[project][before[project] :]
            assert since == sorted(since, key=lambda number: places[number]), f"{project}: places come true"
        await self._look_at_the_answers()

    async def _calm_down(self) -> None:
        """Whatever is still to be said or tried is, until nothing changes but by an answer."""
        await self._round.let_go_on()
        for step in range(STEPS):
            await self._round.say(0)
            await self._answer_what_nobody_waits_for()
            await self._round.pass_time(70)
            await self._round.settle()
            if await self._is_calm():
                return
            if step % WAKE_EVERY == WAKE_EVERY - 1:
                await self._wake()
        raise AssertionError(f"it does not get calm: {await self._open()}")

    async def _open(self) -> list[Any]:
        return await self._round.questions("queued", "asked", "countered")

    async def _answer_what_nobody_waits_for(self) -> None:
        held = {each.id for each in await self._round.questions("asked")}
        for program in self._round.programs.waiting():
            if asked_in(program) not in held:
                await self._round.act(program, "answer")

    async def _wake(self) -> None:
        """Write to whoever does nothing: no moved clock wakes a wait for what was handed to a reader that is gone."""
        at_work = {each.agent for each in self._round.programs.waiting()}
        for name in sorted({each.holder for each in await self._round.questions("asked")} - at_work):
            await self._round.world.team.owner.call("send_dm", recipient=name, content="Is there anything left?")

    async def _is_calm(self) -> bool:
        """Whether all who have a question are at work on it, as many as can be, and nothing is asked back."""
        questions = await self._open()
        held = {each.holder: each.id for each in questions if each.state == "asked"}
        at_work = {each.agent: asked_in(each) for each in self._round.programs.waiting()}
        return held == at_work and all(
            _is_full([each for each in questions if each.project == project], limit)
            for project, limit in self._round.at_once.items()
        )

    async def _answer_all(self) -> None:
        """Those that were asked first are answered first, until nothing waits."""
        for _ in self._round.asked:
            asked = await self._round.questions("asked")
            if not asked:
                break
            for project in self._round.projects:
                if theirs := {each.id for each in asked if each.project == project}:
                    await self._answer_first(project, theirs)
            await self._until_calm()
        assert await self._open() == []

    async def _answer_first(self, project: str, asked: Collection[int]) -> None:
        """Have that question answered which was begun first, counted from its last beginning."""
        begun = self._round.world.witness.begun[project]
        last = {number: at for at, number in enumerate(begun) if number in asked}
        first = min(last, key=lambda number: last[number])
        [program] = [each for each in self._round.programs.waiting() if asked_in(each) == first]
        await self._round.act(program, "answer")

    async def _until_calm(self) -> None:
        for _ in range(STEPS):
            await self._round.settle()
            if await self._is_calm():
                return
            await self._answer_what_nobody_waits_for()
            await asyncio.sleep(0.003)
        raise AssertionError(f"nobody goes on with what waits: {await self._open()}")

    async def _look_at_the_answers(self) -> None:
        """Each was told once, by one."""
        for question in await self._round.questions():
            if question.asker in self._gone:
                continue
            heard = await self._heard(question)
            assert len(heard) <= 1, f"question {question.id} is answered once"
            if question.state == "answered":
                assert [(each.id, each.content) for each in heard] == [(question.answer_id, question.answer)], question

    async def _heard(self, question: Any) -> list[Any]:
        """All that programs have answered to a question and its asker has got."""
        asker = self._round.member(question.asker)
        said = {token: each.agent for token, each in self._round.tokens.items() if asked_in(each) == question.id}
        heard = []
        for agent in {*said.values()}:
            page = await asker.call("get_history", channel=f"dm:{agent}", limit=200)
            heard += [each for each in page.messages if each.from_agent == agent and _bare(each.content) in said]
        return heard


def _is_full(questions: list[Any], limit: int) -> bool:
    """Whether as many of a project's open questions are answered as can be, and nothing is asked back."""
    lanes = {each.asking_project or each.asker for each in questions}
    asked = [each for each in questions if each.state == "asked"]
    return len(asked) >= min(limit, len(lanes)) and all(each.state != "countered" for each in questions)


def _bare(words: str) -> str:
    return words.removeprefix("cannot_say: ")
