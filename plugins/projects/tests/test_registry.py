"""The registry: what is known of projects, who may change it, who works where."""

from __future__ import annotations

from typing import Any

import pytest
from teammcp_projects import registry

from teammcp import Conflict, Context, Forbidden, Gone, InvalidInput, NotFound, TeamError
from teammcp.testing import Member, TestTeam

FACTS: dict[str, Any] = {
    "description": "Accounts and billing",
    "publishes": [{"kind": "api", "name": "Billing API", "version": "2.1"}, {"kind": "package", "name": "billing"}],
    "folders": [{"machine": "", "folder": "/srv/backend"}, {"machine": "laptop", "folder": "/home/ada/backend"}],
    "role": "developer",
    "runtime": "claude",
    "at_once": 3,
}


@pytest.fixture
async def boss(team: TestTeam) -> Member:
    return await team.agent("boss", access="manager")


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


def told(project: Any, *fields: str) -> dict[str, Any]:
    """Facts of a project, as JSON has them."""
    return {field: project.model_dump()[field] for field in fields}


# -- facts -----------------------------------------------------------------------------------------------------------


async def test_a_project_keeps_what_is_said_of_it(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend", owners=["@Ann"], **FACTS)
    for name in ("backend", "BACKEND", "Ｂackend", " backend "):
        found = await ann.call("get_project", project=name)
        publishes = [{"version": "", "description": "", **each} for each in FACTS["publishes"]]
        assert told(found, *FACTS) == {**FACTS, "publishes": publishes}
        assert told(found, "name", "owners", "agents", "askers", "created_by", "version") == {
            "name": "backend",
            "owners": ["ann"],
            "agents": [],
            "askers": None,
            "created_by": "boss",
            "version": 1,
        }


async def test_of_what_is_left_out_there_is_a_default(boss: Member) -> None:
    found = await boss.call("add_project", name="web")
    assert told(found, "description", "publishes", "owners", "folders", "role", "runtime", "at_once", "askers") == {
        "description": "",
        "publishes": [],
        "owners": ["boss"],
        "folders": [],
        "role": "",
        "runtime": "",
        "at_once": 2,
        "askers": None,
    }


@pytest.mark.parametrize("folder", ["/srv/backend", "/srv/backend/", "//srv//./backend"])
async def test_a_folder_is_kept_in_one_spelling(boss: Member, folder: str) -> None:
    twice = [{"folder": folder}, {"folder": "/srv/backend"}]
    found = await boss.call("add_project", name="backend", folders=twice)
    assert [each.folder for each in found.folders] == ["/srv/backend"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "web/app"}, "name: must consist of"),
        ({"name": "-web"}, "name: must consist of"),
        ({"name": ""}, "name: must have 1 to 64"),
        ({"at_once": 0}, "at_once: "),
        ({"at_once": 51}, "at_once: "),
        ({"folders": [{"folder": "src"}]}, "must be an absolute path"),
        ({"folders": [{"folder": "/srv/../etc"}]}, "must not contain .."),
        ({"folders": [{"folder": "C:/a/../b"}]}, "must not contain .."),
        ({"folders": [{"folder": "/a\n/b"}]}, "line breaks"),
        ({"folders": [{"folder": f"/{number}"} for number in range(21)]}, "folders: "),
        ({"folders": [{"folder": "/x", "host": "y"}]}, "folders"),
        ({"publishes": [{"kind": "website", "name": "x"}]}, "publishes"),
        ({"publishes": [{"kind": "api", "name": " "}]}, "publishes"),
        ({"publishes": [{"kind": "api", "name": "x"}, {"kind": "api", "name": "x", "version": "2"}]}, "there twice"),
        ({"description": "x" * 2001}, "description: "),
        ({"owners": ["nobody"]}, "owners: there is no member called 'nobody'. get_agents lists them."),
        ({"askers": ["web"]}, "askers: there is no project called 'web'. list_projects lists them; a member is"),
        ({"askers": ["@nobody"]}, "askers: there is no member called '@nobody'."),
        ({"askers": ["*", "@boss"]}, 'askers: ["*"] alone means everybody'),
        ({"askers": [""]}, "askers"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_name_and_the_remedy(
    boss: Member, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(TeamError) as raised:
        await boss.call("add_project", **{"name": "backend", **wrong})
    assert said in str(raised.value)
    assert not (await boss.call("list_projects")).projects


@pytest.mark.parametrize("name", ["Backend", "backend", "ＢＡＣＫＥＮＤ"])
async def test_no_two_projects_have_the_same_name(boss: Member, name: str) -> None:
    await boss.call("add_project", name="backend")
    with pytest.raises(Conflict, match="name: there is a project called 'backend' already"):
        await boss.call("add_project", name=name)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"description": ""}, {"description": ""}),
        ({"publishes": []}, {"publishes": []}),
        ({"owners": []}, {"owners": []}),
        ({"folders": []}, {"folders": []}),
        ({"role": ""}, {"role": ""}),
        ({"at_once": 50}, {"at_once": 50}),
        ({"askers": []}, {"askers": []}),
        ({"askers": ["BACKEND", "@Boss", "@boss"]}, {"askers": ["backend", "@boss"]}),
    ],
)
async def test_a_change_leaves_all_else_as_it_was(
    boss: Member, change: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = (await boss.call("add_project", name="backend", **FACTS)).model_dump()
    after = await boss.call("update_project", project="backend", **change)
    assert after.model_dump() == {**before, **expected, "version": 2}
    assert await boss.call("get_project", project="backend") == after


async def test_everybody_may_ask_again_once_that_is_said(boss: Member) -> None:
    await boss.call("add_project", name="backend", askers=[])
    assert (await boss.call("update_project", project="backend", askers=["*"])).askers is None


async def test_a_change_that_changes_nothing_is_no_version(team: TestTeam, boss: Member) -> None:
    await boss.call("add_project", name="backend", **FACTS)
    again = await boss.call("update_project", project="backend", expected_version=7, **FACTS)
    assert again.version == 1
    assert not await team.events("project.updated")


async def test_a_change_of_another_version_is_refused(boss: Member) -> None:
    await boss.call("add_project", name="backend")
    await boss.call("update_project", project="backend", expected_version=1, description="a")
    with pytest.raises(Conflict, match=r"expected_version: backend has version 2 by now. Look at it with get_project"):
        await boss.call("update_project", project="backend", expected_version=1, description="b")


async def test_a_team_has_so_many_projects_at_most(boss: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teammcp_projects.registry.operations.projects.MOST_PROJECTS", 2)
    for name in ("a", "b"):
        await boss.call("add_project", name=name)
    with pytest.raises(Conflict, match="2 projects at most"):
        await boss.call("add_project", name="c")


async def test_the_list_goes_on_where_it_ended(boss: Member, ann: Member) -> None:
    for name in ("c", "a", "b"):
        await boss.call("add_project", name=name)
    await boss.call("set_project_agents", project="b", agents=["ann"])
    first = await ann.call("list_projects", limit=2)
    second = await ann.call("list_projects", limit=2, after=first.next)
    assert [(each.name, each.agents) for each in first.projects] == [("a", 0), ("b", 1)]
    assert [each.name for each in second.projects] == ["c"]
    assert second.next is None


async def test_models_read_it_in_a_fence_with_what_others_wrote(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend", **FACTS, askers=["@boss"])
    async with ann.mcp() as client:
        for tool, arguments in (("get_project", {"project": "backend"}), ("list_projects", {})):
            [content] = (await client.call_tool(tool, arguments)).content
            assert content.text.startswith("<from-others ")  # type: ignore[union-attr]
            assert "Accounts and billing" in content.text  # type: ignore[union-attr]
            assert "api Billing API 2.1" in content.text  # type: ignore[union-attr]
            assert ("you may not ask it" in content.text) is (tool == "list_projects")  # type: ignore[union-attr]


# -- who may change it -----------------------------------------------------------------------------------------------


async def test_managers_and_owners_change_a_project_and_nobody_else(boss: Member, ann: Member, bob: Member) -> None:
    with pytest.raises(Forbidden):
        await ann.call("add_project", name="backend")
    await boss.call("add_project", name="backend", owners=["ann"])
    await ann.call("update_project", project="backend", description="ours")
    await ann.call("set_project_agents", project="backend", agents=["ann"])
    for operation, arguments in (("update_project", {"description": "mine"}), ("set_project_agents", {"agents": []})):
        with pytest.raises(Forbidden, match=r"project: you may not change backend. Ask one of its owners \(ann\) or a"):
            await bob.call(operation, project="backend", **arguments)
    for member in (ann, bob):
        with pytest.raises(Forbidden):
            await member.call("remove_project", project="backend")
    await ann.call("update_project", project="backend", owners=["bob"])
    with pytest.raises(Forbidden):
        await ann.call("update_project", project="backend", description="ours again")
    assert (await boss.call("update_project", project="backend", description="the boss's")).owners == ["bob"]


async def test_an_observer_reads_all_and_changes_nothing(team: TestTeam, boss: Member) -> None:
    guest = await team.agent("guest", access="observer")
    await boss.call("add_project", name="backend", owners=["guest"])
    assert (await guest.call("get_project", project="backend")).name == "backend"
    assert len((await guest.call("list_projects")).projects) == 1
    with pytest.raises(Forbidden):
        await guest.call("update_project", project="backend", description="x")


@pytest.mark.teammcp(permissions={"add_project": "owner"})
async def test_whoever_may_not_add_a_project_gets_none_by_changing_one(team: TestTeam, boss: Member) -> None:
    await team.owner.call("add_project", name="backend", owners=["boss"])
    for changed in ({"description": "x"}, {"folders": [{"folder": "/etc"}]}, {"askers": ["*"]}):
        with pytest.raises(Forbidden, match="update_project does here what add_project does"):
            await boss.call("update_project", project="backend", **changed)
    assert (await boss.call("update_project", project="backend")).version == 1


@pytest.mark.parametrize("operation", ["get_project", "update_project", "remove_project", "set_project_agents"])
async def test_of_a_project_that_is_not_there_the_error_says_where_to_look(boss: Member, operation: str) -> None:
    more = {"agents": []} if operation == "set_project_agents" else {}
    with pytest.raises(NotFound, match=r"project: there is no project called 'none'. list_projects lists them."):
        await boss.call(operation, project="none", **more)


# -- who works in it -------------------------------------------------------------------------------------------------


async def works(team: TestTeam, agent: str) -> str | None:
    """The project in which a member works."""
    return await team.team.database.read(lambda reader: registry.project_of(reader, agent))


async def test_a_member_works_in_one_project_at_most(team: TestTeam, boss: Member, ann: Member, bob: Member) -> None:
    for name in ("backend", "web"):
        await boss.call("add_project", name=name)
    found = await boss.call("set_project_agents", project="backend", agents=["@ANN", "bob", "ann"], answerers=["bob"])
    assert [(each.name, each.answers) for each in found.agents] == [("ann", False), ("bob", True)]
    assert [await works(team, name) for name in ("ann", "bob", "boss")] == ["backend", "backend", None]
    with pytest.raises(
        Conflict, match=r"agents: ann works in backend. Take it out there first, with set_project_agent"
    ):
        await boss.call("set_project_agents", project="web", agents=["boss", "ann"])
    assert await works(team, "boss") is None
    await boss.call("set_project_agents", project="backend", agents=["bob"])
    await boss.call("set_project_agents", project="web", agents=["ann"])
    assert await works(team, "ann") == "web"


async def test_all_who_work_in_a_project_answer_unless_some_are_named(boss: Member, ann: Member, bob: Member) -> None:
    await boss.call("add_project", name="backend")
    found = await boss.call("set_project_agents", project="backend", agents=["ann", "bob"])
    assert all(each.answers for each in found.agents)
    found = await boss.call("set_project_agents", project="backend", agents=["ann", "bob"], answerers=[])
    assert not any(each.answers for each in found.agents)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"agents": ["none"]}, NotFound, "agents: there is no member called 'none'. get_agents lists them."),
        ({"agents": ["gone"]}, Gone, "agents: gone was retired. Name a member that is there; get_agents lists them."),
        ({"agents": ["ann"], "answerers": ["bob"]}, InvalidInput, "answerers: bob does not work in backend; name it"),
        ({"agents": ["ann"], "answerers": ["gone"]}, Gone, "answerers: gone was retired."),
        ({"agents": ["ann"] * 51}, InvalidInput, "agents: "),
    ],
)
async def test_who_cannot_work_in_a_project_is_named(
    team: TestTeam, boss: Member, ann: Member, bob: Member, arguments: dict[str, Any], error: type, said: str
) -> None:
    await team.agent("gone")
    await boss.call("retire_agent", name="gone")
    await boss.call("add_project", name="backend")
    with pytest.raises(error, match=said):
        await boss.call("set_project_agents", project="backend", **arguments)
    assert not (await boss.call("get_project", project="backend")).agents


async def test_whoever_is_retired_is_named_nowhere_any_more(team: TestTeam, boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend", owners=["ann", "boss"], askers=["@ann"])
    await boss.call("add_project", name="web")
    await boss.call("set_project_agents", project="web", agents=["ann"])
    await boss.call("retire_agent", name="ann")
    await team.server.settle()
    assert told(await boss.call("get_project", project="backend"), "owners", "askers") == {
        "owners": ["boss"],
        "askers": [],
    }
    assert not (await boss.call("get_project", project="web")).agents
    assert await works(team, "ann") is None


async def test_a_project_that_is_removed_is_named_nowhere_any_more(team: TestTeam, boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="web")
    await boss.call("add_project", name="backend", askers=["web"])
    await boss.call("set_project_agents", project="web", agents=["ann"])
    assert (await boss.call("remove_project", project="WEB")).project == "web"
    assert await works(team, "ann") is None
    assert (await boss.call("get_project", project="backend")).askers == []
    with pytest.raises(NotFound):
        await boss.call("get_project", project="web")


@pytest.mark.parametrize("operation", ["add_project", "update_project"])
async def test_a_project_that_is_removed_meanwhile_is_let_in_nowhere(
    team: TestTeam, boss: Member, operation: str
) -> None:
    for name in ("web", "backend"):
        await boss.call("add_project", name=name)
    named = {"name": "shop"} if operation == "add_project" else {"project": "backend"}
    context = Context.inside(team.team, team.team.directory.agents["boss"])
    prepared = await context.prepare(operation, **named, askers=["web"])
    await boss.call("remove_project", project="web")
    with pytest.raises(NotFound, match="askers: there is no project called 'web'"):
        await context.team.database.write(prepared)


# -- who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("askers", "may"),
    [
        (["*"], {"ann": True, "bob": True, "web": True}),
        ([], {"ann": False, "bob": False, "web": False}),
        (["web"], {"ann": True, "bob": False, "web": False}),
        (["@bob"], {"ann": False, "bob": True, "web": False}),
        (["@web"], {"ann": False, "bob": False, "web": True}),
        (["backend"], {"ann": False, "bob": False, "web": False}),
    ],
    ids=str,
)
async def test_those_may_ask_who_are_named_or_work_where_is_named(
    team: TestTeam, boss: Member, ann: Member, bob: Member, askers: list[str], may: dict[str, bool]
) -> None:
    """A member called like a project is not the project: whoever registers chooses a name."""
    namesake = await team.agent("web")
    for name in ("web", "backend"):
        await boss.call("add_project", name=name)
    await boss.call("set_project_agents", project="web", agents=["ann"])
    await boss.call("update_project", project="backend", askers=askers)
    for member in (ann, bob, namesake):
        [backend, _web] = (await member.call("list_projects")).projects
        assert backend.may_ask is may[member.name], member.name


# -- events ----------------------------------------------------------------------------------------------------------


async def test_each_change_is_an_event_that_the_whole_team_sees(team: TestTeam, boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="web")
    await boss.call("add_project", name="backend", description="Billing", askers=["web"])
    await boss.call("update_project", project="backend", at_once=4, role="developer", description="Billing")
    for _ in range(2):
        await boss.call("set_project_agents", project="backend", agents=["ann", "boss"], answerers=["boss"])
    await boss.call("remove_project", project="web")
    told = [(each.kind, each.subject, each.data) for each in await team.events() if each.kind.startswith("project.")]
    assert told == [
        ("project.added", "web", {"project": "web", "description": "", "owners": ["boss"]}),
        ("project.added", "backend", {"project": "backend", "description": "Billing", "owners": ["boss"]}),
        ("project.updated", "backend", {"project": "backend", "version": 2, "fields": ["role", "at_once"]}),
        (
            "project.agents_changed",
            "backend",
            {"project": "backend", "agents": ["ann", "boss"], "answerers": ["boss"]},
        ),
        ("project.updated", "backend", {"project": "backend", "version": 3, "fields": ["askers"]}),
        ("project.removed", "web", {"project": "web"}),
    ]


async def test_where_a_list_or_an_object_is_wanted_the_error_shows_one(boss: Member) -> None:
    await boss.call("add_project", name="backend")
    asked = await boss.http.post("/api/questions", json={"projects": "backend", "question": "Which version?"})
    assert asked.json()["detail"].startswith('projects: must be a list, such as ["one", "two"]')
    changed = await boss.http.patch("/api/projects/backend", json={"options": "python3 answer.py"})
    assert changed.json()["detail"] == 'options: must be an object, such as {"name": "value"}'
