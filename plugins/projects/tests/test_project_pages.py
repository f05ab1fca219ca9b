"""The pages of projects: looking, adding, changing, removing, without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from teammcp.testing import Member, TestTeam

FORM: dict[str, Any] = {
    "description": "Bills\r\nand accounts",
    "folders.machine": ["", "laptop", ""],
    "folders.folder": ["/srv/backend", "/home/ada/backend", ""],
    "publishes.kind": ["api", "package", "api"],
    "publishes.name": ["Billing API", "billing", " "],
    "publishes.version": ["2.1", "", ""],
    "publishes.description": ["Invoices", "", ""],
    "owners": "ann，@Boss",
    "everybody": "1",
    "askers": "",
    "role": "developer",
    "runtime": "claude",
    "at_once": "3",
}


@pytest.fixture
async def boss(team: TestTeam) -> Member:
    return await logged_in(team, "boss", access="manager")


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await logged_in(team, "ann")


async def logged_in(team: TestTeam, name: str, **profile: Any) -> Member:
    member = await team.agent(name, **profile)
    await member.log_in()
    return member


async def see(member: Member, path: str, status: int = 200) -> str:
    """The HTML of a page."""
    answer = await member.http.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_a_project_is_added_seen_changed_and_removed(boss: Member, ann: Member) -> None:
    assert "teammcp project scan --add" in await see(ann, "/projects")
    added = await boss.submit("/projects/add", name="back end", **FORM)
    assert added.status_code == 400
    assert "name: must consist of" in added.text
    added = await boss.submit("/projects/add", name="后端", **FORM)
    assert added.status_code == 303
    path = added.headers["Location"]
    for page in ("/projects", path):
        html = await see(ann, page)
        assert all(each in html for each in ("后端", "Billing API", "2.1"))
    for fact in ("Bills\nand accounts", "/srv/backend", "on laptop", "Invoices", "ann, boss", "everybody", "developer"):
        assert fact in html, fact
    form = await see(ann, f"{path}/change")
    assert all(f'value="{value}"' in form for value in ("/srv/backend", "laptop", "Billing API", "ann, boss", "3"))
    changed = await ann.submit(
        f"{path}/change",
        expected_version="1",
        **{**FORM, "everybody": [], "askers": "@ann", "folders.folder": ["", "", ""]},
    )
    assert changed.status_code == 303, changed.text
    found = await boss.call("get_project", project="后端")
    assert (found.askers, found.description) == (["@ann"], "Bills\nand accounts")
    assert found.folders == []
    assert "you may not ask it" in await see(boss, "/projects")
    assert "Remove 后端?" in await see(boss, f"{path}/remove")
    assert (await boss.submit(f"{path}/remove")).status_code == 303
    assert "there is no project called" in await see(boss, path, 404)


async def test_a_form_that_changes_nothing_is_no_change(boss: Member, ann: Member) -> None:
    await boss.submit("/projects/add", name="backend", **FORM)
    await boss.submit("/projects/of/backend/change", expected_version="1", **FORM)
    assert (await boss.call("get_project", project="backend")).version == 1


async def test_without_owners_it_belongs_to_whoever_adds_it(boss: Member) -> None:
    await boss.submit("/projects/add", name="backend", **{**FORM, "owners": " "})
    assert (await boss.call("get_project", project="backend")).owners == ["boss"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at_once": "many"}, "at_once: "),
        ({"at_once": ""}, "at_once: "),
        ({"owners": "nobody"}, "owners: there is no member called"),
        ({"everybody": [], "askers": "nobody"}, "askers: there is no project called"),
        ({"folders.folder": ["src", "", ""]}, "must be an absolute path"),
        ({"publishes.name": ["x", "x", ""], "publishes.kind": ["api"] * 3}, "there twice"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(
    boss: Member, ann: Member, wrong: dict[str, Any], said: str
) -> None:
    await boss.call("add_project", name="backend")
    for path in ("/projects/add", "/projects/of/backend/change"):
        answer = await boss.submit(path, name="web", expected_version="1", **{**FORM, **wrong})
        assert answer.status_code in (400, 404)
        assert f"{said}" in answer.text
        assert 'class="project-wrong"' in answer.text
        assert 'value="Invoices"' in answer.text
        assert "Bills\nand accounts</textarea>" in answer.text


async def test_a_change_of_what_somebody_else_has_changed_meanwhile_is_refused(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend")
    await boss.call("update_project", project="backend", description="theirs")
    answer = await boss.submit("/projects/of/backend/change", expected_version="1", **FORM)
    assert answer.status_code == 409
    assert "backend has version 2 by now" in answer.text
    assert (await boss.call("get_project", project="backend")).description == "theirs"


async def test_who_works_in_it_is_said_on_its_page(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend")
    path = "/projects/of/backend"
    answer = await boss.submit(f"{path}/agents", agents="ann, boss", answerers="boss")
    assert answer.status_code == 303
    html = await see(ann, path)
    assert "does not answer" in html
    assert "2 work in it" in await see(ann, "/projects")
    answer = await boss.submit(f"{path}/agents", agents="ann, nobody", answerers="")
    assert answer.status_code == 404
    assert 'value="ann, nobody"' in answer.text
    assert "agents: there is no member called" in answer.text
    await boss.submit(f"{path}/agents", agents="", answerers="")
    assert "Nobody yet." in await see(ann, path)


async def test_where_nobody_answers_the_page_begins_with_the_form_that_says_who_does(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend")
    path = "/projects/of/backend"
    html = await see(boss, path)
    assert html.index('id="project-work" open>') < html.index("What it publishes")
    await boss.submit(f"{path}/agents", agents="ann", all_answer="1", answerers="")
    html = await see(boss, path)
    assert html.index("Who works in it") < html.index('id="project-work">') < html.index("Nobody has asked it anything")
    wrong = await boss.submit(f"{path}/ask", question=" ")
    assert 'id="project-work">' in wrong.text, "the form that is wrong is another"
    wrong = await boss.submit(f"{path}/agents", agents="nobody", answerers="")
    assert 'id="project-work" open>' in wrong.text


async def test_what_is_not_undone_stands_at_the_end_of_the_page(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend")
    html = await see(boss, "/projects/of/backend")
    assert html.index("Nobody has asked it anything") < html.index("/projects/of/backend/remove")


async def test_whoever_may_not_change_it_sees_no_form(team: TestTeam, boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend", owners=["ann"])
    bob, guest = await logged_in(team, "bob"), await logged_in(team, "guest", access="observer")
    path = "/projects/of/backend"
    assert "/projects/of/backend/change" in await see(ann, path)
    assert "/remove" not in await see(ann, path)
    for member in (bob, guest):
        html = await see(member, path)
        assert "/change" not in html
        assert "<form" not in html.split("<main")[1]
        assert "/projects/add" not in await see(member, "/projects")
        for form in ("change", "agents"):
            assert (await member.submit(f"{path}/{form}", **FORM)).status_code == 403
    assert (await ann.submit(f"{path}/remove")).status_code == 403
    assert (await boss.call("get_project", project="backend")).version == 1


async def test_no_html_of_others_gets_onto_a_page(boss: Member) -> None:
    evil = "<script>alert(1)</script>"
    await boss.call(
        "add_project",
        name="backend",
        description=evil,
        publishes=[{"kind": "api", "name": evil, "version": evil, "description": evil}],
        folders=[{"machine": evil, "folder": f"/{evil}"}],
        role=evil,
        runtime=evil,
    )
    for path in ("/projects", "/projects/of/backend", "/projects/of/backend/change"):
        html = await see(boss, path)
        assert "<script>alert" not in html, path
        assert "&lt;script&gt;" in html, path


async def test_a_question_is_asked_answered_and_taken_back_on_the_pages(
    team: TestTeam, boss: Member, ann: Member
) -> None:
    await boss.call("add_project", name="backend")
    assert "Ask it something" not in await see(ann, "/projects/of/backend"), "nobody would answer"
    await boss.call("set_project_agents", project="backend", agents=["boss"])
    assert "Nobody has asked it anything yet." in await see(ann, "/projects/of/backend")
    wrong = await ann.submit("/projects/of/backend/ask", question=" ")
    assert (wrong.status_code, "question: " in wrong.text) == (400, True)
    asked = await ann.submit("/projects/of/backend/ask", question="Which **version**?")
    assert asked.status_code == 303
    path = asked.headers["Location"]
    assert "<strong>version</strong>" in await see(ann, path)
    assert "Answer it" not in await see(ann, path), "it is her own"
    assert "Which version?" in await see(boss, "/projects/of/backend")
    answered = await boss.submit(f"{path}/answer", answer="v2")
    assert answered.status_code == 303
    for page in (path, "/projects/of/backend"):
        html = await see(ann, page)
        assert "v2" in html
        assert "answered" in html
    other = (await ann.submit("/projects/of/backend/ask", question="And now?")).headers["Location"]
    assert "Take the question back" not in await see(await logged_in(team, "eve"), other)
    assert (await ann.submit(f"{other}/cancel")).status_code == 303
    assert "taken back" in await see(ann, other)
    assert (await ann.http.get("/projects/questions/99")).status_code == 404


async def test_something_is_asked_back_and_said_on_the_pages(team: TestTeam, boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="backend")
    await boss.call("set_project_agents", project="backend", agents=["boss"])
    path = (await ann.submit("/projects/of/backend/ask", question="Which version?")).headers["Location"]
    await team.server.settle()
    assert "Ask back" not in await see(ann, path)
    wrong = await boss.submit(f"{path}/ask-back", content=" ")
    assert (wrong.status_code, "content: " in wrong.text) == (400, True)
    assert (await boss.submit(f"{path}/ask-back", content="Of which **API**?")).status_code == 303
    html = await see(ann, path)
    assert "something is asked back" in html
    assert "<strong>API</strong>" in html
    assert "Say what is asked back" not in await see(boss, path)
    assert (await ann.submit(f"{path}/answer", answer="The *billing* one")).status_code == 303
    assert "<em>billing</em>" in await see(boss, path)


async def test_pages_say_where_nobody_would_answer_now(team: TestTeam, boss: Member, ann: Member) -> None:
    for name in ("web", "infra"):
        await boss.call("add_project", name=name)
    await boss.call("set_project_agents", project="web", agents=["ann"])
    await ann.call("heartbeat", status="idle")
    html = await see(boss, "/projects/of/web")
    assert "Ask it something" in html
    assert "nobody who answers is here" not in html
    await ann.call("heartbeat", status="away")
    for path in ("/projects/of/web", "/projects"):
        assert "nobody who answers is here" in await see(boss, path)
    await boss.call("teams_ask", projects=["web"], question="Are you there?")
    await team.server.settle()
    assert "ann has it to answer." in (page := await see(boss, "/projects/questions/1"))
    assert "ann is not here now" in page
    await boss.call("update_project", project="web", at_once=1)
    await boss.call("teams_ask", projects=["web"], question="And later?")
    assert "nobody who answers is here" in await see(boss, "/projects/questions/2")
    await boss.call("set_project_agents", project="web", agents=["ann"], answerers=[])
    page = await see(boss, "/projects/questions/2")
    assert "Nobody answers for web now." in page
    assert "set_project_agents" not in page, "that is no word for people"
    html = await see(boss, "/projects/of/infra")
    assert "nobody answers for it" in html
    assert "Ask it something" not in html


async def test_a_page_leads_to_those_it_belongs_to(boss: Member, ann: Member) -> None:
    await boss.call("add_project", name="web")
    await boss.call("set_project_agents", project="web", agents=["ann"])
    await boss.call("teams_ask", projects=["web"], question="Are you there?")
    for path, trail in (
        ("/projects/of/web", ["/projects"]),
        ("/projects/add", ["/projects"]),
        ("/projects/of/web/change", ["/projects", "/projects/of/web"]),
        ("/projects/questions/1", ["/projects", "/projects/of/web"]),
        ("/projects/of/web/announce", ["/projects", "/projects/of/web"]),
    ):
        shown = re.findall(r'<nav class="trail".*</nav>', await see(boss, path))
        assert [re.findall('href="(.*?)"', each) for each in shown] == [trail]
        assert shown[0].endswith("</a></li></ol></nav>"), "no stroke stands behind the last"
