"""Agents that were started to answer end with those who asked them."""

from __future__ import annotations

import pytest
from teammcp_projects.leaving import look_at_retired

from plugins.projects.tests.starting import STARTS_AGENTS, World, answered, ask, asked, look, runs_idle, stands
from teammcp import Conflict, Context

pytestmark = STARTS_AGENTS


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


async def agents(world: World) -> dict[str, str]:
    """Who was started to answer, by who asks."""
    listed = await world.owner.call("list_conversations", project="backend")
    return {each.asking: each.agent for each in listed.conversations}


async def is_retired(world: World, agent: str) -> bool:
    """Whether an agent is a member no more, and has no home either."""
    await world.stage.team.server.settle()
    homes = {home.agent for home in (await world.owner.call("list_agent_homes")).root}
    return world.stage.team.team.directory.agents[agent].retired and agent not in homes


@pytest.mark.parametrize("is_missed", [False, True], ids=["told", "found"])
async def test_an_agent_that_answered_one_who_is_retired_is_retired(
    world: World, is_missed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.stage.running():
        await world.project()
        ada, bob = await world.asker("ada"), await world.asker("bob", "web")
        await answered(world, ada, "backend.ada", 1, "one")
        await answered(world, bob, "backend.web", 1, "two")
        if is_missed:  # as by a server that is killed between the commit and the hook
            monkeypatch.setattr("teammcp_projects.plugin.leaving.see_off", _nothing)
        await world.owner.call("retire_agent", name="ada")
        await world.owner.call("retire_agent", name="bob")
        await world.stage.team.server.settle()
        if is_missed:
            monkeypatch.undo()
            assert await agents(world) == {"@ada": "backend.ada", "web": "backend.web"}
            await look_at_retired(world.stage.team.team)
        assert await is_retired(world, "backend.ada")
        assert await agents(world) == {"web": "backend.web"}, "others of web may ask on"


async def _nothing(*_: object) -> None:
    """What is done by a hook that does not come to it."""


async def test_what_was_asked_by_one_who_is_retired_keeps_no_agent_at_work(world: World) -> None:
    async with world.stage.running():
        await world.project(at_once=1)
        ada, bob = await world.asker("ada"), await world.asker("bob")
        number = await ask(ada)
        program = await world.program("backend.ada")
        await asked(program, world.stage)
        waiting = await ask(bob)
        await world.owner.call("retire_agent", name="ada")
        assert await is_retired(world, "backend.ada")
        assert (await bob.call("get_question", question_id=number)).state == "cancelled"
        await look(world)
        assert (await stands(bob, waiting, "asked")).holder == "backend.bob"


async def test_an_agent_that_answered_a_project_that_was_removed_is_retired_once_nothing_of_that_is_open(
    world: World,
) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        number = await ask(ada)
        program = await world.program("backend.web")
        await asked(program, world.stage)
        await world.owner.call("remove_project", project="web")
        await look_at_retired(world.stage.team.team)
        assert await agents(world) == {"web": "backend.web"}
        program.end_turn("late, and heard all the same")
        assert (await stands(ada, number, "answered")).answer.startswith("late")
        await runs_idle(world, "backend.web")
        await look_at_retired(world.stage.team.team)
        assert await is_retired(world, "backend.web")
        assert await agents(world) == {}


async def test_a_conversation_is_not_ended_while_somebody_may_ask_in_it(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        await look_at_retired(world.stage.team.team)
        assert await agents(world) == {"web": "backend.web"}
        with pytest.raises(Conflict, match="web may ask backend on"):
            await Context.inside(world.stage.team.team).call("end_conversation", project="backend", lane="web")
