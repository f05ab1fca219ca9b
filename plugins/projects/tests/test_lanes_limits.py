"""What a person has set of an agent that was started to answer stays, whoever needs its place."""

from __future__ import annotations

from typing import Any

import pytest
from teammcp_projects.lanes.homes import AT_ONCE, IDLE_MINUTES

from plugins.projects.tests.starting import STARTS_AGENTS, World, answered, ask, asked, makes_room, runs_idle, stands

pytestmark = STARTS_AGENTS


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


async def limits(world: World, agent: str) -> dict[str, Any]:
    """The limits of an agent that differ from the settings."""
    home = await world.owner.call("get_agent_home", name=agent)
    found: dict[str, Any] = home.limits.model_dump(exclude_none=True)
    return found


@pytest.mark.parametrize(
    "chosen",
    [
        {"memory_mb": 512, "run_cost_usd": 2.5, "idle_minutes": 60.0},
        {"memory_mb": 512, "idle_minutes": IDLE_MINUTES},
        {"memory_mb": 512},
        {},
    ],
    ids=["other", "the usual time", "the time of the settings", "those of the settings"],
)
async def test_limits_that_a_person_has_set_hold_before_and_after_an_agent_makes_room(
    world: World, chosen: dict[str, Any]
) -> None:
    async with world.stage.running():
        await world.project(at_once=1)
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        await answered(world, ada, "backend.web", 1, "one")
        await runs_idle(world, "backend.web")
        await world.owner.call("configure_agent", name="backend.web", limits=chosen)
        await answered_instead(world, bob, "backend.bob")
        assert await limits(world, "backend.web") == {**chosen, "idle_minutes": AT_ONCE}
        number = await ask(ada)
        await makes_room(world, await world.program("backend.bob"))
        await stands(ada, number, "asked")
        assert await limits(world, "backend.web") == chosen
        assert await limits(world, "backend.bob") == {"idle_minutes": AT_ONCE}


async def test_limits_that_are_set_while_an_agent_makes_room_hold_from_then_on(world: World) -> None:
    async with world.stage.running():
        await world.project(at_once=1)
        ada, bob = await world.asker("ada", "web"), await world.asker("bob")
        await answered(world, ada, "backend.web", 1, "one")
        await runs_idle(world, "backend.web")
        await answered_instead(world, bob, "backend.bob")
        await world.owner.call("configure_agent", name="backend.web", limits={"memory_mb": 256, "idle_minutes": 7})
        number = await ask(ada)
        await makes_room(world, await world.program("backend.bob"))
        await stands(ada, number, "asked")
        assert await limits(world, "backend.web") == {"memory_mb": 256, "idle_minutes": 7}


async def answered_instead(world: World, asker: Any, agent: str) -> None:
    """Have another agent of the project answer, for which backend.web makes room."""
    number = await ask(asker)
    await makes_room(world, await world.program("backend.web"))
    program = await world.program(agent)
    await asked(program, world.stage)
    program.end_turn("two")
    await stands(asker, number, "answered")
    await runs_idle(world, agent)
