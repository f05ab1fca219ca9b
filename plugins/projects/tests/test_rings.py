"""Questions that would wait for each other for ever: the one that would close the ring is refused."""

from __future__ import annotations

import pytest

from plugins.projects.tests.asking import ask, project, until
from teammcp import Conflict
from teammcp.testing import Member, MovedClock, TestTeam


async def test_whoever_has_a_question_to_answer_does_not_wait_for_its_own_asker_who_waits(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    hers = await ask(eve, "Which page?", "web")
    await until(eve, hers, "asked")
    adas = await ask(ada)
    await until(ada, adas, "asked")
    with pytest.raises(Conflict, match=rf"web can answer only after you have answered question {adas}") as refused:
        await ask(bob, "Which header?", "web")
    assert refused.value.code == "ring"
    await bob.call("ask_back", question_id=adas, content="Which header?")
    await ask(bob, "Which header?", "web")


async def test_a_ring_of_three_is_seen_and_no_ring_is_none(team: TestTeam, ada: Member, bob: Member) -> None:
    eve, joe = await team.agent("eve"), await team.agent("joe")
    await project(team, "shop", "eve")
    joes = await ask(joe, "What?", "web")
    await until(joe, joes, "asked")
    adas = await ask(ada, "What?", "backend")
    await until(ada, adas, "asked")
    bobs = await ask(bob, "What?", "shop")
    await until(bob, bobs, "asked")
    with pytest.raises(Conflict, match=f"question {bobs}"):
        await ask(eve, "What?", "web")
    assert [each.id for each in (await eve.call("list_questions", asking_project="shop")).questions] == []
    await team.agent("kim")
    await team.owner.call("set_project_agents", project="web", agents=["ada", "kim"])
    last = await ask(eve, "What?", "web")
    assert (await until(eve, last, "asked")).holder == "kim"


async def test_a_project_that_answers_no_more_at_once_closes_a_ring_too(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    await team.owner.call("update_project", project="web", at_once=1)
    await team.owner.call("set_project_agents", project="web", agents=["ada", "eve"])
    joe = await team.agent("joe")
    await until(joe, await ask(joe, "What?", "web"), "asked")
    await until(ada, adas := await ask(ada), "asked")
    with pytest.raises(Conflict, match=f"question {adas}"):
        await ask(bob, "What?", "web")
    await team.owner.call("update_project", project="web", at_once=2)
    assert (await until(bob, await ask(bob, "What?", "web"), "asked")).holder == eve.name


async def test_what_follows_in_a_lane_that_waits_for_oneself_is_refused(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    """Bob's second question stands behind his first, which waits for him."""
    await team.agent("eve")
    await team.owner.call("set_project_agents", project="web", agents=["ada", "eve"])
    first = await ask(bob, "One?", "web")
    holder = (await until(bob, first, "asked")).holder
    await until(team_member := ada if holder == "ada" else bob, theirs := await ask(ada), "asked")
    assert team_member is ada
    with pytest.raises(Conflict, match=f"question {theirs}"):
        await ask(bob, "Two?", "web")


async def test_what_nobody_answers_any_more_waits_for_nobody(team: TestTeam, ada: Member, bob: Member) -> None:
    eve, sam = await team.agent("eve"), await team.agent("sam")
    await project(team, "ghost", "sam")
    await until(eve, await ask(eve, "What?", "backend"), "asked")
    await until(eve, await ask(eve, "What?", "web"), "asked")
    await ask(ada, "What?", "ghost")
    await team.owner.call("retire_agent", name=sam.name)
    assert (await until(bob, await ask(bob, "What?", "web"), "queued")).place == 1


async def test_what_was_asked_before_there_was_something_to_answer_closes_no_ring(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    await until(ada, await ask(ada), "asked")
    clock.advance(minutes=1)
    await until(eve, await ask(eve, "What?", "web"), "asked")
    assert (await until(bob, await ask(bob, "What?", "web"), "queued")).place == 1


async def test_people_do_two_things_at_once(team: TestTeam, ada: Member) -> None:
    eve, pat = await team.agent("eve"), await team.agent("pat", kind="human")
    await project(team, "backend", pat.name)
    await until(eve, await ask(eve, "What?", "web"), "asked")
    await until(eve, await ask(eve, "What?", "backend"), "asked")
    assert (await until(pat, await ask(pat, "What?", "web"), "queued")).place == 1
    assert (await until(ada, await ask(ada, "What?", "backend"), "queued")).place == 1
