"""The pages of notices: announcing, looking, answering, ending, without a script."""

from __future__ import annotations

import pytest

from teammcp.testing import Member, TestTeam


@pytest.fixture
async def ada(team: TestTeam) -> Member:
    """She answers for web, which builds on backend."""
    ada = await team.agent("ada")
    await ada.log_in()
    for name, agents in (("backend", []), ("web", ["ada"]), ("shop", [])):
        offers = [{"kind": "api", "name": "Billing API"}] if name == "backend" else []
        await team.owner.call("add_project", name=name, publishes=offers)
        await team.owner.call("set_project_agents", project=name, agents=agents)
    return ada


@pytest.fixture
async def boss(team: TestTeam, ada: Member) -> Member:
    await team.owner.log_in()
    return team.owner


async def see(member: Member, path: str, status: int = 200) -> str:
    """The HTML of a page."""
    answer = await member.http.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def announce(boss: Member) -> str:
    """Announce a change; the address of the notice."""
    sent = await boss.submit(
        "/projects/of/backend/announce",
        change="breaking",
        publication="billing api",
        content="GET /v1 <b>goes</b>.",
        next_step="Call `GET /v2`.",
        act_by="2099-01-01",
        also="shop，",
    )
    assert sent.status_code == 303, sent.text
    return sent.headers["Location"]


async def test_a_project_says_on_what_it_builds_and_both_pages_show_it(boss: Member, ada: Member) -> None:
    form = await see(ada, "/projects/of/web/builds-on")
    assert '<option value="Billing API">backend</option>' in form
    refused = await ada.submit("/projects/of/web/builds-on", to="backend", publication="Mail")
    assert refused.status_code == 400
    assert "publishes" in refused.text
    assert (await ada.submit("/projects/of/web/builds-on", to="backend", publication="billing api")).status_code == 303
    assert "Billing API" in await see(ada, "/projects/of/web")
    assert 'href="/projects/of/web"' in await see(ada, "/projects/of/backend")
    assert (await ada.submit("/projects/of/web/builds-on/1/end")).status_code == 303
    assert 'href="/projects/of/web"' not in await see(ada, "/projects/of/backend")


async def test_a_notice_is_announced_seen_answered_and_done(team: TestTeam, boss: Member, ada: Member) -> None:
    await ada.call("subscribe_project", project="web", to="backend")
    refused = await boss.submit(
        "/projects/of/backend/announce", change="breaking", content="x", publication="", version=""
    )
    assert refused.status_code == 400
    assert "next_step: say concretely" in refused.text
    path = await announce(boss)
    await team.server.settle()
    page = await see(ada, path)
    for words in ("GET /v1 &lt;b&gt;goes&lt;/b&gt;.", "<code>GET /v2</code>", "0 of 2 settled", "has said nothing yet"):
        assert words in page, words
    assert "billing api" in await see(ada, "/projects/notices?view=mine")
    assert path in await see(ada, "/inbox")
    assert path in await see(ada, "/projects/of/web")
    refused = await ada.submit(f"{path}/answer", project="web", state="objects", words="")
    assert "say why" in refused.text
    answered = await ada.submit(f"{path}/answer", project="web", state="objects", words="No <filters>.")
    assert answered.status_code == 303
    assert "No &lt;filters&gt;." in await see(boss, path)
    assert "1 objects" in await see(boss, "/projects/notices")
    for name in ("web", "shop"):
        assert (await boss.submit(f"{path}/answer", project=name, state="done", words="")).status_code == 303
    assert "all have acted" in await see(ada, path)
    assert path not in await see(ada, "/projects/notices")
    assert path in await see(ada, "/projects/notices?view=all&project=web")


async def test_a_notice_is_withdrawn_by_who_speaks_for_its_project(team: TestTeam, boss: Member, ada: Member) -> None:
    path = await announce(boss)
    assert "Withdraw it" not in await see(ada, path)
    assert (await ada.submit(f"{path}/end", end="withdrawn", why="no")).status_code == 403
    refused = await boss.submit(f"{path}/end", end="withdrawn", why="")
    assert "words: say why" in refused.text
    assert (await boss.submit(f"{path}/end", end="withdrawn", why="v1 stays")).status_code == 303
    page = await see(boss, path)
    assert "v1 stays" in page
    assert "How does your project stand?" not in page


async def test_the_start_page_shows_what_waits_for_whoever_looks(team: TestTeam, boss: Member, ada: Member) -> None:
    await ada.call("subscribe_project", project="web", to="backend")
    assert "Notices that wait for you" not in await see(ada, "/")
    path = await announce(boss)
    await team.server.settle()
    home = await see(ada, "/")
    assert path in home
    assert '<a href="/projects/notices?view=mine">All notices that wait for you</a>' in home
    await ada.submit("/preferences", language="zh")
    assert '<a href="/projects/notices?view=mine">所有等待你处理的变更通知</a>' in await see(ada, "/")
