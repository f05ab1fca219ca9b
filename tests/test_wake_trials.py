"""Whether an idle program can be woken is tried with a line that says so, and told step by step."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from teammcp import Conflict, Context, Refused, Wake, hookimpl
from teammcp.testing import Member, MovedClock, TestTeam
from tests.test_wakes import ann as ann
from tests.test_wakes import bob as bob
from tests.test_wakes import hook, ring, tell


async def trial(member: Member, seconds: float = 15) -> Any:
    return await member.call("try_wake", timeout=seconds)


async def begun(member: Member) -> tuple[asyncio.Task[Any], Any]:
    """A trial that runs, and the ring that its helper was given."""
    waiting = asyncio.create_task(ring(member, 20))
    await asyncio.sleep(0.05)
    trying = asyncio.create_task(trial(member))
    return trying, await asyncio.wait_for(waiting, 10)


async def test_the_programs_sign_shows_that_it_came_through(bob: Member) -> None:
    trying, found = await begun(bob)
    assert found.number.startswith("trial-")
    assert "teammcp doctor --ring" in found.line
    again = asyncio.create_task(ring(bob, 20, rung=found.number))
    await hook(bob, "UserPromptSubmit")
    result = await asyncio.wait_for(trying, 10)
    assert (result.session, result.taken, result.failure, result.sign) == ("claude:1", True, "", True)
    assert "has taken up the line" in result.text()
    again.cancel()


async def test_what_the_helper_says_of_the_line_is_told(bob: Member) -> None:
    trying, found = await begun(bob)
    again = asyncio.create_task(ring(bob, 20, rung=found.number, failure="its inbox socket is gone"))
    result = await asyncio.wait_for(trying, 10)
    assert (result.taken, result.failure, result.sign) == (True, "its inbox socket is gone", False)
    assert "its inbox socket is gone" in result.text()
    again.cancel()


async def test_without_a_sign_it_ends_and_nobody_is_told(bob: Member, ann: Member) -> None:
    waiting = asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    result = await trial(bob, 1)
    assert (result.taken, result.sign, result.milliseconds) == (True, False, None)
    await waiting
    assert (await ring(bob)).number == "", "one trial is one ring"
    assert (await bob.call("get_wakes", name="bob")).not_reached == ""


@pytest.mark.parametrize("why", ["helper", "busy", "off", "quiet"])
async def test_who_could_not_be_rung_hears_why(bob: Member, why: str) -> None:
    waiting = None if why == "helper" else asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    match why:
        case "busy":
            await hook(bob, "UserPromptSubmit")
        case "off":
            await bob.call("set_wakes", name="bob", woken=False)
        case "quiet":
            await bob.call("set_wakes", name="bob", quiet="00:00-23:59")
    said = {"helper": "no program", "busy": "is busy", "off": "switched off", "quiet": "quiet hours"}
    with pytest.raises(Conflict, match=said[why]) as refused:
        await trial(bob)
    codes = {"helper": "no_helper", "busy": "not_idle", "off": "not_woken", "quiet": "quiet_hours"}
    assert refused.value.code == codes[why]
    if waiting is not None:
        waiting.cancel()


class Sunday:
    """A plugin that wakes nobody."""

    @hookimpl
    def before_wake(self, context: Context, wake: Wake) -> None:
        raise Refused("It is Sunday.")


@pytest.mark.teammcp(install={"sunday": Sunday()})
async def test_what_keeps_an_agent_from_being_rung_keeps_a_trial_too(bob: Member) -> None:
    waiting = asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    with pytest.raises(Refused, match="It is Sunday"):
        await trial(bob)
    waiting.cancel()


@pytest.mark.teammcp(plugins={"wakes": {"hourly": 2}})
async def test_trials_count_among_the_rings_of_an_hour(bob: Member, ann: Member) -> None:
    for _ in range(2):
        trying, _ = await begun(bob)
        await hook(bob, "UserPromptSubmit")
        await trying
        await hook(bob, "Stop")
    waiting = asyncio.create_task(ring(bob, 20))
    await asyncio.sleep(0.05)
    with pytest.raises(Conflict, match="in this hour"):
        await trial(bob)
    waiting.cancel()


async def test_codex_that_looks_into_its_queue_has_more_time_for_a_sign(
    team: TestTeam, bob: Member, ann: Member, clock: MovedClock
) -> None:
    await tell(ann)
    codex: Any = {"session": "codex:1", "way": "codex_queue"}
    assert (await ring(bob, **codex)).number
    clock.advance(seconds=19)
    assert (await ring(bob, **codex)).number == ""
    clock.advance(seconds=1)
    assert (await ring(bob, **codex)).number != ""


async def test_where_the_line_brings_the_messages_the_helper_says_that_it_came_through(bob: Member) -> None:
    carrying = {"session": "qwen:1", "way": "qwen_socket", "carries": True}
    waiting = asyncio.create_task(ring(bob, 20, **carrying))
    await asyncio.sleep(0.05)
    trying = asyncio.create_task(trial(bob))
    found = await asyncio.wait_for(waiting, 10)
    again = asyncio.create_task(ring(bob, 20, rung=found.number, **carrying))
    result = await asyncio.wait_for(trying, 10)
    assert (result.session, result.taken, result.sign) == ("qwen:1", True, True)
    again.cancel()
