"""What agents use for a task is booked on it; when that is all they may, none works on it until it may use more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.entries import TakenUp, TurnOver, TurnWritten, Used

from teammcp import NotFound, Refused, TokenUsage
from teammcp.testing import Member, TestTeam

from .keeping import Stage, until
from .runners import FakeRunner, join
from .scripted import ALL, PuppetPlugin, Puppets

SETTINGS = {"machine": "here", "local_runner": False, "task_tokens": 1000}
pytestmark = pytest.mark.teammcp(install={"puppets": PuppetPlugin()}, plugins={"claude_launcher": SETTINGS})


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def runner(team: TestTeam, bob: Member) -> AsyncIterator[FakeRunner]:
    """The runner of the machine on which bob lives."""
    runner = await join(team)
    async with runner.connected():
        await team.owner.call("start_agent", name="bob", runtime="puppet", machine="box", new_key=True)
        yield runner


async def make(team: TestTeam, title: str = "Paint it", **fields: Any) -> int:
    """A task of bob's."""
    return int((await team.owner.call("create_task", title=title, **{"assignee": "bob", **fields})).task.id)


async def used(team: TestTeam, task: int) -> Any:
    await team.server.settle()
    return await team.owner.call("get_task_usage", task_id=task)


async def status(team: TestTeam, task: int) -> str:
    await team.server.settle()
    return str((await team.owner.call("get_task", task_id=task)).task.status)


async def page(member: Member, path: str) -> str:
    answer = await member.http.get(path)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def turn(number: int) -> list[Any]:
    return [TurnWritten(turn=f"t{number}"), TakenUp(turn=f"t{number}")]


# -- what is booked --------------------------------------------------------------------------------------------------


async def test_usage_is_booked_on_the_task_of_the_turn_or_else_on_the_one_that_was_begun_last(
    team: TestTeam, bob: Member, runner: FakeRunner
) -> None:
    first, second, third = [await make(team, title) for title in ("one", "two", "three")]
    run = await runner.begin("bob")
    await runner.tell(run, *turn(1), Used(tokens_in=1, task=first), TurnOver(outcome="done"))
    await runner.tell(run, *turn(2), Used(tokens_in=2), TurnOver(outcome="done"))
    await team.owner.call("update_task", task_id=second, status="doing")
    team.server.clock.advance(seconds=1)
    await team.owner.call("update_task", task_id=third, status="doing")
    await runner.tell(run, *turn(3), Used(tokens_out=4, cost_usd=0.5))
    assert (await team.owner.call("get_run", run_id=run)).task_id == third
    await runner.tell(run, TurnOver(outcome="done"))
    found = [await used(team, task) for task in (first, second, third)]
    assert [each.tokens_in + each.tokens_out for each in found] == [1, 0, 4]
    assert [(each.agent, each.cost_usd) for each in found[2].agents] == [("bob", 0.5)]
    assert (found[0].limit.tokens, found[0].limit.cost_usd, found[0].spent) == (1000, 0, False)
    assert (await team.owner.call("get_run", run_id=run)).task_id is None


async def test_a_line_of_the_journal_that_is_told_twice_is_booked_once(team: TestTeam, runner: FakeRunner) -> None:
    task, run = await make(team), await runner.begin("bob")
    await runner.tell(run, *turn(1), Used(tokens_in=7, task=task))
    await runner.report(runner.lines)
    assert (await used(team, task)).tokens_in == 7


async def test_what_is_used_for_a_task_is_seen_by_those_who_see_the_task(team: TestTeam, runner: FakeRunner) -> None:
    eve = await team.agent("eve")
    secret = await make(team, channel="dm:bob")
    with pytest.raises(NotFound):
        await eve.call("get_task_usage", task_id=secret)
    assert (await eve.call("get_task_usage", task_id=await make(team))).tokens_in == 0


# -- its limit -------------------------------------------------------------------------------------------------------


async def test_a_task_that_has_used_up_its_limit_is_blocked_kept_from_agents_and_ordered_to_rest_until_it_has_more(
    team: TestTeam, bob: Member, runner: FakeRunner
) -> None:
    task, run = await make(team), await runner.begin("bob")
    await team.owner.call("set_task_limit", task_id=task, cost_usd=2)
    await runner.tell(run, *turn(1), Used(cost_usd=1.5, task=task))
    assert await status(team, task) == "todo"
    await runner.tell(run, Used(cost_usd=0.5, task=task))
    assert await status(team, task) == "blocked"
    usage = await used(team, task)
    assert (usage.spent, usage.cost_usd) == (True, 2)
    await runner.settle()
    assert runner.orders is not None
    assert list(runner.orders.spent) == [task]
    assert "set_task_limit" in runner.orders.spent[task]
    assert [home.task for home in runner.orders.homes] == [task]
    history = (await team.owner.call("get_task_history", task_id=task)).history
    assert "$2.00 of $2.00" in history[-1].comment
    (event,) = await team.events("task.limit_reached")
    assert event.data["task_id"] == task

    agent = team.member("bob", next(home.key for home in runner.orders.homes))
    with pytest.raises(Refused, match="used up what it may"):
        await agent.call("update_task", task_id=task, status="doing")
    await team.owner.call("update_task", task_id=task, status="todo")
    with pytest.raises(Refused, match="used up what it may"):
        await agent.call("claim_next_task")
    await team.owner.call("update_task", task_id=task, status="blocked")

    await team.owner.call("set_task_limit", task_id=task, cost_usd=5)
    assert await status(team, task) == "todo"
    await runner.settle()
    assert runner.orders.spent == {}
    assert (await agent.call("claim_next_task")).ok


async def test_a_limit_that_is_left_out_is_as_the_settings_say_and_0_is_none(
    team: TestTeam, runner: FakeRunner
) -> None:
    task, run = await make(team), await runner.begin("bob")
    await runner.tell(run, *turn(1), Used(tokens_in=600, tokens_out=400, task=task))
    assert (await used(team, task)).spent
    assert not (await team.owner.call("set_task_limit", task_id=task, tokens=0)).spent
    assert (await team.owner.call("set_task_limit", task_id=task)).limit.tokens == 1000
    assert await status(team, task) == "blocked"


# -- what people see -------------------------------------------------------------------------------------------------


async def test_people_see_on_the_tasks_page_what_was_used_and_managers_give_it_more_there(
    team: TestTeam, runner: FakeRunner
) -> None:
    await team.owner.log_in()
    ann = await team.agent("ann", kind="human")
    await ann.log_in()
    task, run = await make(team), await runner.begin("bob")
    assert "Change its limit" in await page(team.owner, f"/tasks/{task}")
    await runner.tell(run, *turn(1), Used(tokens_in=1200, cost_usd=0.25, task=task))
    assert f'href="/tasks/{task}"' in await page(team.owner, f"/launcher/runs/{run}")
    await team.server.settle()
    seen = await page(ann, f"/tasks/{task}")
    assert "1,200 of 1,000 tokens" in seen
    assert "No agent works on it until it may use more." in seen
    assert f"/launcher/tasks/{task}/limit" not in seen
    form = f"/launcher/tasks/{task}/limit"
    assert "Give it more" in await page(team.owner, f"/tasks/{task}")
    await team.owner.call("update_task", task_id=task, status="cancelled")
    assert "No agent works on it" not in await page(ann, f"/tasks/{task}")
    await team.owner.call("update_task", task_id=task, status="blocked")
    empty = await page(team.owner, form)
    assert 'name="tokens" min="0" value="" placeholder="1000"' in empty
    assert 'value="" placeholder="no limit"' in empty
    wrong = await team.owner.submit(form, cost_usd="much", tokens="")
    assert wrong.status_code == 400
    assert "0 is no limit" in wrong.text
    assert (await team.owner.submit(form, cost_usd="", tokens="9000")).status_code == 303
    assert "1,200 of 9,000 tokens" in await page(ann, f"/tasks/{task}")
    assert (await team.owner.submit(form, cost_usd="0.5", tokens="0")).status_code == 303
    kept = await page(team.owner, form)
    assert 'value="0.5"' in kept
    assert 'name="tokens" min="0" value="0"' in kept


# -- its agent's program ---------------------------------------------------------------------------------------------


@pytest.fixture
def stage(team: TestTeam, tmp_path: Path) -> Stage:
    return Stage(team, tmp_path / "runner", Puppets(), Puppets(replace(ALL, mid_turn=False), "quiet"))


@pytest.mark.parametrize("answers", ["reply", "output"])
async def test_a_turn_is_ended_with_its_tasks_limit_and_what_waits_for_that_task_waits_until_it_is_raised(
    stage: Stage, team: TestTeam, answers: str
) -> None:
    async with stage.running():
        await stage.start(answers=answers)
        first = await stage.session()
        task = await make(team, "Paint it red")
        assert "Paint it red" in (await stage.turn(first)).text
        first.take()
        other = await make(team, "Paint it blue")
        first.listener.usage(TokenUsage(tokens_in=600))
        assert len(first.turns) == 1, "a turn is about one task"
        first.listener.usage(TokenUsage(tokens_in=600))
        assert await stage.ended() == ["over_task_limit"]
        assert not (await stage.owner.call("get_agent_home", name="bob")).held

        second = await stage.session(2)
        text = (await stage.turn(second)).text
        assert "Paint it blue" in text
        assert "Paint it red" not in text
        second.take()
        second.end_turn()
        await stage.owner.call("update_task", task_id=task, comment="And quickly.")
        asked = await stage.tell("How are you?")
        assert "How are you?" in (await stage.turn(second, 2)).text
        assert "And quickly" not in second.turns[1].text
        second.take()
        await stage.reached(asked, "offered")
        second.end_turn()
        assert (await used(team, task)).tokens_in == 1200
        assert (await used(team, other)).tokens_in == 0

        await stage.owner.call("set_task_limit", task_id=task, tokens=5000)

        def said() -> bool:
            return any("And quickly" in turn.text for turn in second.turns) and any(
                "go on with it" in turn.text for turn in second.turns
            )

        async def goes_on() -> bool:
            if len(second.turns) > len(second.taken):
                second.take(len(second.taken))
                second.end_turn()
            return said()

        await until(goes_on, "the task to be gone on with")


async def test_every_agent_that_works_on_a_task_is_stopped_when_its_limit_is_reached(
    stage: Stage, team: TestTeam
) -> None:
    async with stage.running():
        await stage.start("bob")
        await stage.start("eve")
        task = await make(team)
        await stage.owner.call("update_task", task_id=task, comment="@eve help him")
        bob, eve = await stage.session(1), await stage.session(2)
        for program in (bob, eve):
            await stage.turn(program)
            program.take()
        eve.listener.usage(TokenUsage(tokens_out=1000))
        assert await stage.ended("eve") == ["over_task_limit"]
        assert await stage.ended("bob") == ["over_task_limit"]
