"""The map of projects, and lists of questions: what is on them, for one project and for many."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import rfc3339
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def maya(team: TestTeam) -> Member:
    """She looks at pages."""
    maya = await team.agent("maya", access="manager")
    await maya.log_in()
    return maya


async def see(member: Member, path: str) -> str:
    answer = await member.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text.split("<main")[1]


async def project(team: TestTeam, name: str, agent: str, **facts: Any) -> Member:
    member = await team.agent(agent)
    await team.owner.call("add_project", name=name, **facts)
    await team.owner.call("set_project_agents", project=name, agents=[agent])
    return member


async def ask(asker: Member, to: str, text: str = "Which version?", **more: Any) -> int:
    found = await asker.call("teams_ask", projects=[to], question=text, **more)
    number: int = found.questions[0].id
    return number


async def test_a_map_of_nothing_says_so(maya: Member) -> None:
    html = await see(maya, "/projects/map")
    assert "No project is known yet." in html
    assert "Nothing: no question has waited for long." in html
    assert '<svg class="chart' not in html


async def test_the_map_shows_who_asks_whom_as_a_drawing_and_as_a_table(
    team: TestTeam, clock: MovedClock, maya: Member
) -> None:
    backend = await project(team, "后端", "bob", at_once=1)
    web = await project(team, "web", "ada")
    html = await see(maya, "/projects/map")
    assert "Nobody has asked anything in this time." in html
    assert html.count("<circle") == 2
    first = await ask(web, "后端")
    await team.server.settle()
    clock.advance(minutes=4)
    await backend.call("answer_question", question_id=first, answer="v2")
    late = await ask(web, "后端", reply_by=rfc3339(team.server.clock.now() + 600_000))
    await team.server.settle()
    await ask(maya, "后端")
    clock.advance(minutes=45)
    html = await see(maya, "/projects/map?days=30")
    assert "<title>web → 后端: 2 questions · 1 overdue</title>" in html
    assert "<title>(members) → 后端: 1 question · 1 open</title>" in html
    assert html.count('class="edge edge-bad"') == 1
    assert f"bob has had question {late} to answer since" in html
    assert "All who answer for 后端 have had a question since" in html
    assert "4 minutes" in html.split("<table")[1]
    assert "asking_project=web" in html
    assert 'aria-label="Questions per day"' in html
    assert "Until an answer, in seconds" in html
    assert "days=30" in html.split("data-refresh")[1][:60]


async def test_what_took_no_time_is_no_bar_of_a_chart(team: TestTeam, clock: MovedClock, maya: Member) -> None:
    backend, web = await project(team, "backend", "bob"), await project(team, "web", "ada")
    for minutes, charts in ((0, 2), (9, 3)):
        number = await ask(web, "backend")
        await team.server.settle()
        clock.advance(minutes=minutes)
        await backend.call("answer_question", question_id=number, answer="v2")
        html = await see(maya, "/projects/map")
        assert "How long it takes" in html
        assert html.count('<figure class="chart-frame"') == charts


async def test_the_map_shows_who_builds_on_whom(team: TestTeam, maya: Member) -> None:
    offers = [{"kind": "api", "name": "Billing API"}, {"kind": "event", "name": "invoice.sent"}]
    await project(team, "backend", "bob", publishes=offers)
    web = await project(team, "web", "ada")
    assert "Who builds on whom" not in await see(maya, "/projects/map")
    for offer in offers:
        await web.call("subscribe_project", to="backend", publication=offer["name"])
    html = await see(maya, "/projects/map")
    assert html.count('class="edge edge-quiet"') == 1
    assert "<title>web builds on backend: Billing API, invoice.sent</title>" in html
    table = html.split('id="builds"')[1]
    assert table.index(">backend</a>") < table.index(">web</a>") < table.index("Billing API, invoice.sent")
    assert "project.subscribed" in html.split('data-on="')[1].split('"')[0]


async def test_those_who_are_related_have_room_before_those_who_are_not(team: TestTeam, maya: Member) -> None:
    for number in range(41):
        await team.owner.call("add_project", name=f"a{number:02}")
    for name in ("y", "z"):
        await team.owner.call("add_project", name=name)
    await team.owner.call("subscribe_project", project="z", to="y")
    html = await see(maya, "/projects/map")
    assert "<title>z builds on y</title>" in html
    assert "3 projects that ask little are left out." in html


async def test_the_longest_bottlenecks_are_told_first_and_a_link_leads_to_all(
    team: TestTeam, clock: MovedClock, maya: Member
) -> None:
    for number in range(7):
        await project(team, f"p{number}", f"bob{number}")
        await ask(maya, f"p{number}")
        await team.server.settle()
        clock.advance(minutes=1)
    clock.advance(minutes=40)
    html = await see(maya, "/projects/map?days=30")
    assert html.count("Nobody who answers for") == 5
    assert "Nobody who answers for p0" in html
    assert "Nobody who answers for p6" not in html
    assert '<a href="/projects/map?days=30&amp;waiting=all#waiting">2 more</a>' in html
    html = await see(maya, "/projects/map?days=30&waiting=all")
    assert html.count("Nobody who answers for") == 7
    assert "more</a>" not in html


async def test_forty_projects_with_long_names_are_on_the_map(team: TestTeam, maya: Member) -> None:
    for number in range(41):
        await team.owner.call("add_project", name=f"{'a-long-name-of-' * 3}{number}")
    html = await see(maya, "/projects/map")
    assert html.count("<circle") == 40
    assert "1 project that asks little is left out." in html


async def test_questions_are_listed_by_whose_they_are_and_how_they_stand(
    team: TestTeam, clock: MovedClock, maya: Member
) -> None:
    bob = await project(team, "backend", "bob", at_once=1)
    ada = await project(team, "web", "ada")
    done = await ask(ada, "backend", "Is it done?")
    await team.server.settle()
    await bob.call("answer_question", question_id=done, answer="yes")
    held = await ask(ada, "backend", "Is it held?")
    await team.server.settle()
    hers = await ask(maya, "backend", "Is it hers?", reply_by=rfc3339(team.server.clock.now() + 300_000))
    clock.advance(minutes=6)

    async def listed(**filters: Any) -> list[int]:
        return [each.id for each in (await bob.call("list_questions", **filters)).questions]

    assert await listed() == []
    assert await listed(project="backend") == [hers, held, done]
    assert await listed(asking_project="web") == [held, done]
    assert await listed(whose="all", state="open") == [hers, held]
    assert await listed(whose="all", state="overdue") == [hers]
    assert await listed(whose="to_answer") == [held]
    assert await listed(whose="to_answer", project="web") == []
    assert await listed(whose="all", before=held, limit=1) == [done]
    await bob.log_in()
    html = await see(bob, "/projects/questions?whose=to_answer")
    assert "Is it held?" in html
    assert "Is it hers?" not in html
    assert "Is it held?" in await see(bob, "/"), "the start page tells what waits"
    assert "Questions that wait for you" not in await see(maya, "/")
    assert "No such question." in await see(maya, "/projects/questions?whose=to_answer")
    html = await see(maya, "/projects/questions?project=backend&state=overdue")
    assert ("Is it hers?" in html, "Is it done?" in html) == (True, False)
    answer = await maya.http.get("/projects/questions?project=nowhere")
    assert answer.status_code == 404
    assert "there is no project called" in answer.text
    assert (await bob.call("get_inbox")).text()


async def test_the_navigation_counts_what_waits_questions_and_notices(team: TestTeam, maya: Member) -> None:
    bob = await project(team, "backend", "bob")
    await bob.log_in()
    assert "rail-badge" not in (await bob.http.get("/waiting?of=questions%20notices")).text
    await ask(maya, "backend")
    await team.server.settle()
    badge = (await bob.http.get("/waiting?of=questions%20notices")).text
    assert 'id="waiting-questions-notices"' in badge
    assert ">1<span" in badge
