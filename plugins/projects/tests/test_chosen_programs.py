"""What is chosen to answer is there: it is refused when it is chosen, and not by every question that comes later."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.claude_launcher.tests.scripted import Puppets
from plugins.projects.tests.starting import STARTS_AGENTS, World
from teammcp import InstalledProgram, NotInstalled, TeamError

pytestmark = STARTS_AGENTS


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


class Missing(Puppets):
    """A program that is on no machine, unless an option says where."""

    async def find(self, options: Any, path: str) -> InstalledProgram:
        raise NotInstalled("Install it with 'npm install it'.")


async def refused(world: World, operation: str, **facts: Any) -> str:
    """Why a call is refused."""
    with pytest.raises(TeamError) as raised:
        await world.owner.call(operation, **facts)
    return str(raised.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"runtime": "clod"}, "runtime: there is no runtime 'clod'. There are: "),
        ({"runtime": "quiet"}, "runtime: the runner of 'box' does not know 'quiet'"),
        ({"runtime": "codex"}, "runtime: the program of 'codex' is not on 'box': Install it with 'npm install it'."),
        ({"options": {"loud": True}}, "options: loud of the runtime 'puppet'"),
        ({"folders": [{"machine": "moon", "folder": "/srv"}]}, "machine: there is no machine 'moon'. There are: "),
        ({"role": "wizard"}, "there is no role 'wizard'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_what_cannot_be_started_is_refused_with_what_there_is(
    world: World, wrong: dict[str, Any], said: str
) -> None:
    async with world.stage.running(codex=Missing(name="codex")):
        await world.project()
        assert said in await refused(world, "update_project", project="backend", **wrong)
        whole = {"runtime": "puppet", "folders": [{"machine": "box", "folder": str(world.folder)}], **wrong}
        assert said in await refused(world, "add_project", name="web", **whole)
        found = await world.owner.call("get_project", project="backend")
        assert (found.runtime, found.version) == ("puppet", 1)


async def test_an_unknown_program_is_refused_before_there_is_a_folder(world: World) -> None:
    assert "There are: " in await refused(world, "add_project", name="web", runtime="clod")
    assert (await world.owner.call("add_project", name="web", runtime="puppet")).warning == ""


async def test_a_program_of_which_somebody_says_where_it_is_is_taken(world: World) -> None:
    async with world.stage.running(claude=Missing(name="claude")):
        await world.project(runtime="claude", options={"program": "/opt/claude"})
        said = "the program of 'claude' is not on 'box'"
        assert said in await refused(world, "update_project", project="backend", options={})


async def test_a_machine_that_is_away_is_told_of_and_taken(world: World) -> None:
    async with world.stage.running():
        await world.project("web", runtime="")
    place = {"folders": [{"machine": "box", "folder": str(world.folder)}]}
    added = await world.owner.call("add_project", name="backend", runtime="puppet", **place)
    assert "'box' is away" in added.warning
    assert added.warning in added.text()
    changed = await world.owner.call("update_project", project="web", runtime="quiet")
    assert "'box' is away" in changed.warning
    assert "It last said: the runner of 'box' does not know 'quiet'" in changed.warning
    assert (await world.owner.call("update_project", project="web", description="pages")).warning == ""
    async with world.stage.running():
        assert (await world.owner.call("update_project", project="web", runtime="puppet")).warning == ""


async def test_what_is_there_no_more_does_not_keep_anybody_from_changing_the_rest(world: World) -> None:
    async with world.stage.running(claude=(program := Puppets(name="claude"))):
        await world.project(runtime="claude")
        program.find = Missing(name="claude").find  # type: ignore[method-assign]
        await world.stage.runner._programs.look()
        found = await world.owner.call("update_project", project="backend", description="x", runtime="claude")
        assert (found.description, found.version) == ("x", 2)


async def test_the_page_says_what_keeps_an_agent_from_being_started(world: World) -> None:
    async with world.stage.running():
        await world.project()
        await world.owner.log_in()
        assert "is away" not in (await world.owner.http.get("/projects/of/backend")).text
    assert "is away" in (await world.owner.http.get("/projects/of/backend")).text
    chinese = await world.owner.http.get("/projects/of/backend", headers={"Accept-Language": "zh"})
    assert "机器 “box” 不在线" in chinese.text
    assert "is away" not in chinese.text
    form = {"at_once": "2", "runtime": "clod", "everybody": "1", "owners": "owner"}
    wrong = await world.owner.submit("/projects/of/backend/change", **form)
    assert "there is no runtime" in wrong.text
