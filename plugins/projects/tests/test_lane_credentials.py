"""The credential and the model that a project names for the agents that are started for it."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.projects.tests.starting import STARTS_AGENTS, World, answered, ask, asked, stands
from teammcp import Conflict, Forbidden, NotFound

pytestmark = STARTS_AGENTS
CHOSEN = {"credential": "spare", "model": "small-1"}


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


async def keys(world: World, *names: str) -> None:
    """Enter credentials, each with a key of its own."""
    for name in names:
        await world.owner.call("set_credential", name=name, kind="anthropic", key=f"sk-{name}")


async def home(world: World, agent: str = "backend.web") -> tuple[str | None, str]:
    """The credential and the model of an agent."""
    found = await world.owner.call("get_agent_home", name=agent)
    return found.credential, found.model


async def test_an_agent_that_is_started_gets_the_credential_and_the_model_that_its_project_names(
    world: World,
) -> None:
    async with world.stage.running():
        await keys(world, "spare")
        await world.project(**CHOSEN)
        ada = await world.asker("ada", "web")
        found = await ada.call("get_project", project="backend")
        assert (found.credential, found.model) == ("spare", "small-1")
        assert "sk-" not in found.model_dump_json() + found.text()
        await answered(world, ada, "backend.web", 1, "one")
        program = await world.program("backend.web")
        assert program.launch.environment["ANTHROPIC_API_KEY"] == "sk-spare"
        assert program.launch.model == "small-1"
        assert await home(world) == ("spare", "small-1")


async def test_another_credential_and_model_hold_from_the_next_question_on_in_the_same_conversation(
    world: World,
) -> None:
    async with world.stage.running():
        await keys(world, "spare", "other")
        await world.project()
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        for number, (chosen, key, expected) in enumerate(
            (
                (CHOSEN, "sk-spare", ("spare", "small-1")),
                ({"credential": "other"}, "sk-other", ("other", "small-1")),
                ({"credential": "", "model": ""}, None, (None, "")),
            ),
            start=2,
        ):
            await world.owner.call("update_project", project="backend", **chosen)
            question = await ask(ada)
            program = await world.program("backend.web", number)
            await asked(program, world.stage)
            assert program.launch.environment.get("ANTHROPIC_API_KEY") == key
            assert program.launch.conversation is not None
            assert await home(world) == expected
            program.end_turn("two")
            await stands(ada, question, "answered")


async def test_what_a_person_has_chosen_for_an_agent_stays_where_its_project_names_nothing(world: World) -> None:
    async with world.stage.running():
        await keys(world, "spare", "own")
        await world.project(model="small-1")
        ada = await world.asker("ada", "web")
        await answered(world, ada, "backend.web", 1, "one")
        await world.owner.call("configure_agent", name="backend.web", credential="own", model="big-1")
        question = await ask(ada)
        await stands(ada, question, "asked")
        assert await home(world) == ("own", "small-1"), "the project names a model, and no credential"
        program = await world.program("backend.web", 2)
        await asked(program, world.stage)
        program.end_turn("two")
        await stands(ada, question, "answered")
        await world.owner.call("configure_agent", name="backend.web", model="big-1")
        await world.owner.call("update_project", project="backend", model="")
        await stands(ada, await ask(ada), "asked")
        assert await home(world) == ("own", "big-1"), "what the project has not given is not taken back"


@pytest.mark.parametrize("fact", [{"credential": "spare"}, {"model": "big-1"}])
async def test_who_may_not_choose_a_credential_for_an_agent_names_none_for_a_project(
    world: World, fact: dict[str, Any]
) -> None:
    ann = await world.stage.team.agent("ann")
    boss = await world.stage.team.agent("boss", access="manager")
    await keys(world, "spare")
    await world.owner.call("add_project", name="backend", owners=["ann"], runtime="puppet")
    with pytest.raises(Forbidden, match="is for a manager to say"):
        await ann.call("update_project", project="backend", **fact)
    changed = await boss.call("update_project", project="backend", **fact)
    assert (changed.chosen_by, {name: getattr(changed, name) for name in fact}) == ("boss", fact)
    await ann.call("update_project", project="backend", description="mine", **fact)


async def test_a_credential_that_is_not_there_is_refused_and_one_that_a_project_names_is_not_deleted(
    world: World,
) -> None:
    await world.owner.call("add_project", name="backend", runtime="puppet")
    with pytest.raises(NotFound, match="credential: there is no credential 'spare'"):
        await world.owner.call("update_project", project="backend", credential="spare")
    await keys(world, "spare", "other")
    await world.owner.call("update_project", project="backend", credential="spare")
    with pytest.raises(Conflict, match="name: agents of backend are given 'spare'"):
        await world.owner.call("delete_credential", name="spare")
    await world.owner.call("delete_credential", name="other")
    await world.owner.call("update_project", project="backend", credential="")
    await world.owner.call("delete_credential", name="spare")


async def test_the_form_of_a_project_offers_what_there_is_and_shows_what_is_chosen(world: World) -> None:
    await keys(world, "spare")
    ann = await world.stage.team.agent("ann")
    await world.owner.call("add_project", name="backend", owners=["ann"], runtime="puppet")
    path = "/projects/of/backend"
    await world.owner.log_in()
    form = (await world.owner.http.get(f"{path}/change")).text
    assert '<option value="spare">' in form
    assert '<option value="puppet">' in form
    facts = {"at_once": "2", "runtime": "puppet", "everybody": "1", "owners": "ann"}
    wrong = await world.owner.submit(f"{path}/change", **facts, credential="nokey")
    assert "credential: there is no credential" in wrong.text
    assert (await world.owner.submit(f"{path}/change", **facts, **CHOSEN)).status_code == 303
    shown = (await world.owner.http.get(path)).text
    assert "spare" in shown
    assert "small-1" in shown
    await ann.log_in()
    assert '<option value="spare">' not in (await ann.http.get(f"{path}/change")).text, "that is for managers to see"
    assert (await ann.submit(f"{path}/change", **facts, **CHOSEN, description="mine")).status_code == 303
