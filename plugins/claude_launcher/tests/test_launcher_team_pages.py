"""The pages on which agents are made: of roles, of words, as a team for a need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from teammcp_claude_launcher.protocol import FoundRuntime

from teammcp import Context
from teammcp.testing import Member, TestTeam
from tests.webkit import Page, Visitor, visiting

from .launched import Birds, machine
from .runners import FakeRunner

pytestmark = pytest.mark.teammcp(install={"birds": Birds()}, plugins={"claude_launcher": {"machine": "here"}})


@pytest.fixture
async def mei(team: TestTeam) -> Member:
    return await team.agent("mei", kind="human", access="owner")


@pytest.fixture
async def owner(team: TestTeam, mei: Member) -> Visitor:
    return await visiting(team, mei.key)


@pytest.fixture
async def box(team: TestTeam) -> AsyncIterator[FakeRunner]:
    async with machine(team) as runner:
        yield runner


async def person(team: TestTeam, name: str, **more: Any) -> str:
    return (await team.agent(name, kind="human", **more)).key


async def home(team: TestTeam, name: str) -> Any:
    return await team.owner.call("get_agent_home", name=name)


# -- roles -----------------------------------------------------------------------------------------------------------


async def test_roles_are_read_by_all_and_changed_by_managers(team: TestTeam, owner: Visitor) -> None:
    member = await visiting(team, await person(team, "bob"))
    assert "Architect" in (await member.get("/launcher/roles")).text
    page = await member.get("/launcher/roles/of/architect")
    assert "You decide how the parts" in page.text
    assert not [form.action for form in page.forms if form.action.startswith("/launcher")]
    assert (await member.get("/launcher/roles/add")).status == 403

    change = "/launcher/roles/of/architect/change"
    page = await owner.get("/launcher/roles/of/architect")
    before = (await team.owner.call("get_role", name="architect")).model_dump()
    await owner.send(page, change)
    same = (await team.owner.call("get_role", name="architect")).model_dump()
    assert {key: same[key] for key in ("title", "summary", "guide")} == {
        key: before[key] for key in ("title", "summary", "guide")
    }
    await owner.send(page, change, guide="You are\nours.", summary="Ours.")
    assert "Ours." in (await member.get("/launcher/roles")).text
    wrong = await owner.send(page, change, guide="<kept>", title=" ")
    assert wrong.status == 400
    assert wrong.form(change).values["guide"] == "<kept>"
    page = await owner.get("/launcher/roles/of/architect/delete")
    assert (await team.owner.call("get_role", name="architect")).summary == "Ours."
    await owner.send(page, "/launcher/roles/of/architect/delete")
    assert (await team.owner.call("get_role", name="architect")).guide == before["guide"]


async def test_a_role_is_added_and_deleted(team: TestTeam, owner: Visitor) -> None:
    page = await owner.get("/launcher/roles/add")
    given = {"title": "Translator", "summary": "Translates.", "guide": "You translate."}
    wrong = await owner.send(page, "/launcher/roles/add", name="no spaces", **given)
    assert (wrong.status, wrong.form("/launcher/roles/add").values["summary"]) == (400, "Translates.")
    page = await owner.send(page, "/launcher/roles/add", name="translator", **given)
    assert page.path == "/launcher/roles/of/translator"
    page = await owner.get("/launcher/roles/of/translator/delete")
    page = await owner.send(page, "/launcher/roles/of/translator/delete")
    assert page.path == "/launcher/roles"
    assert "Translator" not in page.text
    assert (await owner.get("/launcher/roles/of/translator")).status == 404


# -- making agents ---------------------------------------------------------------------------------------------------


async def test_an_agent_is_made_of_a_role(team: TestTeam, mei: Member, owner: Visitor, box: FakeRunner) -> None:
    page = await owner.get("/launcher/start?role=tester")
    page = await owner.get("/launcher/start?runtime=parrot&role=tester")
    values = page.form("/launcher/start").values
    assert (values["role"], values["name"]) == ("tester", "tester")
    await owner.send(page, "/launcher/start", name="tess", brief="Test it", description="Mind the edges.")
    tess = await home(team, "tess")
    assert (tess.runtime, tess.machine, tess.policy, tess.wanted) == ("parrot", "box", "ask", True)
    assert "Mind the edges." in tess.guide
    assert (await mei.call("get_history", channel="dm:tess")).messages[-1].content == "Test it"
    taken = await owner.send(page, "/launcher/start", name="tess", description="Another")
    assert taken.status == 409
    assert taken.form("/launcher/start").values["description"] == "Another"
    neither = await owner.send(page, "/launcher/start", name="tim", role="", description="")
    assert (neither.status, "Say in your own words what it is for" in neither.text) == (400, True)


async def test_an_example_agent_is_started_with_one_click_and_greeted(team: TestTeam, owner: Visitor) -> None:
    page = await owner.get("/launcher")
    assert "It needs no account" in page.text
    page = await owner.send(page, "/launcher/example")
    assert page.path == "/channels/dm:ada:mei"
    ada = await home(team, "ada")
    assert (ada.runtime, ada.wanted, ada.policy) == ("example", True, "ask")
    await owner.send(await owner.get("/launcher"), "/launcher/example")
    assert [each.agent for each in (await team.owner.call("list_agent_homes")).root] == ["ada", "linus"]


# -- a team for a need -----------------------------------------------------------------------------------------------


async def draft(owner: Visitor) -> Any:
    page = await owner.get("/launcher/assemble")
    form = page.form("/launcher/assemble/need")
    data = {**form.values, "need": "A <shop>", "role": ["backend", "tester"]}
    return await owner.http.post(form.action, data=data)


async def test_a_team_is_proposed_accepted_and_let_go(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    page = Page(await draft(owner))
    values = page.form("/launcher/assemble/propose").values
    assert (values["name.0"], values["name.1"], values["need"]) == ("backend", "tester", "A <shop>")
    assert values["reason.0"]
    more = await owner.send(page, "/launcher/assemble/propose", more="yes", **{"task.1": "Test <it>"})
    values = more.form("/launcher/assemble/propose").values
    assert (values["task.1"], values["name.2"]) == ("Test <it>", "")
    wrong = await owner.send(more, "/launcher/assemble/propose", cost_usd="much")
    assert (wrong.status, wrong.form("/launcher/assemble/propose").values["cost_usd"]) == (400, "much")
    page = await owner.send(more, "/launcher/assemble/propose", cost_usd="5")
    assert page.path == "/launcher/assemble/1"
    assert "waits for a yes" in page.text
    (first, second) = (await owner.get("/launcher/assemble")).text.split("What do you need?", 1)
    assert "A <shop>" in first
    assert "A <shop>" not in second
    assert "A <shop>" in page.text
    member = await visiting(team, await person(team, "bob"))
    seen = await member.get("/launcher/assemble/1")
    assert not [form.action for form in seen.forms if form.action.startswith("/launcher")]
    page = await owner.send(page, "/launcher/assemble/1/accept", cost_usd="4")
    assert "at most $4.00 together" in page.text
    assert (await home(team, "tester")).wanted
    await team.owner.call("stop_agent", name="tester")
    assert "stopped" in (await owner.get("/launcher/assemble/1")).text
    wrong = await owner.send(page, "/launcher/assemble/1/retire", handover="All done", channel="nowhere")
    assert (wrong.status, wrong.form("/launcher/assemble/1/retire").values["handover"]) == (404, "All done")
    page = await owner.send(page, "/launcher/assemble/1/retire", handover="All **done**")
    assert "let go" in page.text
    assert "<strong>done</strong>" in page.response.text
    (first, second) = (await owner.get("/launcher/assemble")).text.split("What do you need?", 1)
    assert "let go" in second
    assert "A <shop>" not in first


async def test_a_proposal_offers_what_can_begin_without_another_word(
    team: TestTeam, owner: Visitor, box: FakeRunner
) -> None:
    server = Context.inside(team.team)
    found = [
        FoundRuntime(name="acp", title="Any ACP program"),
        FoundRuntime(name="claude", title="Claude Code", missing="Get claude."),
        FoundRuntime(name="parrot", title="Parrot", program="/bin/parrot"),
    ]
    await server.call("note_programs", machine="box", runtimes=found)
    page = Page(await draft(owner))
    assert page.form("/launcher/assemble/propose").values["runtime.0"] == "parrot"
    offered = {each["value"] for each in page.elements("option")}
    assert "parrot" in offered
    assert not offered & {"acp", "claude"}


async def test_a_proposal_is_declined(team: TestTeam, owner: Visitor, box: FakeRunner) -> None:
    page = Page(await draft(owner))
    page = await owner.send(page, "/launcher/assemble/propose", cost_usd="5")
    token = {"csrf": page.forms[0].values["csrf"]}
    page = Page(await owner.http.post("/launcher/assemble/1/decline", data=token))
    assert "not wanted" in page.text
    late = await owner.http.post("/launcher/assemble/1/accept", data=token)
    assert late.status_code == 409
    nobody = await owner.send(Page(await draft(owner)), "/launcher/assemble/propose", **{"name.0": "", "name.1": ""})
    assert (nobody.status, "at least one member" in nobody.text) == (400, True)


async def test_an_agent_is_asked_to_propose_a_team(
    team: TestTeam, mei: Member, owner: Visitor, box: FakeRunner
) -> None:
    await team.owner.call("spawn_agent", name="boss", role="lead", runtime="parrot", machine="box")
    page = await owner.get("/launcher/assemble")
    (form,) = [each for each in page.forms if "lead" in each.values]
    answer = await owner.http.post(form.action, data={**form.values, "need": "A shop", "lead": "boss"})
    assert "boss was asked" in answer.text
    assert "A shop" in (await mei.call("get_history", channel="dm:boss")).messages[-1].content
