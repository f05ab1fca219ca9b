"""The pages: looking, posting, acknowledging, changing, without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from teammcp.testing import Member, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await logged_in(team, "alice")


async def logged_in(team: TestTeam, name: str, **profile: Any) -> Member:
    member = await team.agent(name, **profile)
    await member.log_in()
    return member


async def see(member: Member, path: str, status: int = 200) -> str:
    """The HTML of a page."""
    answer = await member.http.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


# -- findings --------------------------------------------------------------------------------------------------------


async def test_a_finding_is_posted_found_and_read(team: TestTeam, alice: Member) -> None:
    assert "Nothing is written down yet." in await see(alice, "/knowledge")
    answer = await alice.submit("/knowledge/new", title="Ports", body="We use **3100**.", tags="Net, #decision,, ")
    assert answer.status_code == 303
    html = await see(alice, answer.headers["Location"])
    assert "<strong>3100</strong>" in html
    assert "#decision" in html
    for query in ("", "?q=3100", "?tag=net", "?by=alice", "?q=nothing*&tag=net", "?sort=top"):
        assert ("Ports" in await see(alice, f"/knowledge{query}")) is ("nothing" not in query), query
    assert "<mark>3100</mark>" in await see(alice, "/knowledge?q=3100")


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(alice: Member) -> None:
    answer = await alice.submit("/knowledge/new", title="Ports", body=" ", tags="a,b")
    assert answer.status_code == 400
    assert "body: " in answer.text
    assert 'value="Ports"' in answer.text
    assert 'value="a,b"' in answer.text


async def test_a_message_becomes_a_finding(team: TestTeam, alice: Member) -> None:
    sent = await alice.call("send_message", channel="general", content="**The port is 3100**\nsince May")
    assert f"/knowledge/new?message={sent.id}" in await see(alice, "/channels/general")
    html = await see(alice, f"/knowledge/new?message={sent.id}")
    assert 'value="The port is 3100"' in html
    assert f'name="message_id" value="{sent.id}"' in html
    answer = await alice.submit(
        "/knowledge/new", title="The port is 3100", body="since May", tags="", message_id=str(sent.id)
    )
    assert "from a message" in await see(alice, answer.headers["Location"])
    bob = await logged_in(team, "bob")
    await alice.call("create_channel", id="plans", type="topic")
    closed = await alice.call("send_message", channel="plans", content="xyzzy")
    assert "xyzzy" not in await see(bob, f"/knowledge/new?message={closed.id}", 404)


async def test_no_html_of_others_gets_onto_a_page(alice: Member) -> None:
    evil = "<script>alert(1)</script>"
    await alice.call("post_knowledge", title=evil, body=evil, tags=["<b>"])
    await alice.call("set_memory", key=evil.replace("/", ""), value=evil)
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    found_id = (await alice.call("search_knowledge")).results[0].content_id
    for path in (
        "/knowledge",
        "/knowledge?q=alert",
        f"/knowledge/findings/{found_id}",
        "/knowledge/memory",
        "/knowledge/memory/in/default/%3Cscript%3Ealert(1)%3Cscript%3E",
    ):
        html = await see(alice, path)
        assert "<script>alert" not in html, path
        assert "&lt;script&gt;" in html, path
        assert "<b>" not in html, path


async def test_a_finding_is_joined_retracted_and_revived(team: TestTeam, alice: Member) -> None:
    posted = await alice.call("post_knowledge", title="Ports", body="3100")
    path = f"/knowledge/findings/{posted.content_id}"
    bob = await logged_in(team, "bob")
    assert "I found the same" not in await see(alice, path)
    assert "I found the same" in await see(bob, path)
    assert (await bob.submit(f"{path}/join")).status_code == 303
    assert "Found by 2" in await see(bob, path)
    await bob.submit(f"{path}/retract", reason="it moved")
    html = await see(alice, path)
    assert "Retracted" in html
    assert "it moved" in html
    assert "Ports" not in await see(alice, "/knowledge")
    await alice.submit(f"{path}/revive", reason="it came back")
    assert "it came back" in await see(alice, path)
    assert "Ports" in await see(alice, "/knowledge")


async def test_what_is_not_there_is_a_page_that_says_so(alice: Member) -> None:
    assert "there is no finding" in await see(alice, f"/knowledge/findings/{'0' * 64}", 404)
    assert "no key" in await see(alice, "/knowledge/memory/in/default/none", 404)
    assert "cursor" in await see(alice, "/knowledge?cursor=x", 400)


async def test_an_observer_looks_and_has_no_forms(team: TestTeam, alice: Member) -> None:
    posted = await alice.call("post_knowledge", title="Ports", body="3100")
    await alice.call("set_memory", key="k", value=1)
    guest = await logged_in(team, "guest", access="observer")
    for path in (
        "/knowledge",
        f"/knowledge/findings/{posted.content_id}",
        "/knowledge/memory",
        "/knowledge/memory/in/default/k",
    ):
        html = await see(guest, path)
        main = html[html.index("<main") : html.index("</main>")]
        assert 'method="post"' not in main, path
    assert (await guest.submit("/knowledge/new", title="t", body="b")).status_code == 403
    assert "You know all" not in await see(guest, "/knowledge/gaps")


# -- gaps ------------------------------------------------------------------------------------------------------------


async def test_gaps_are_shown_and_acknowledged(team: TestTeam, alice: Member) -> None:
    bob = await logged_in(team, "bob", access="manager")
    assert "Nothing says yet what you want to know." in await see(alice, "/knowledge/gaps")
    answer = await alice.submit(
        "/knowledge/gaps/profile",
        participating_projects="web, default",
        critical_fields="deploy.*",
        relevant_fields="",
        participating_channels="#general",
    )
    assert answer.status_code == 303
    profile = await alice.call("get_knowledge_profile")
    assert (profile.critical_fields, profile.participating_channels) == (["deploy.*"], ["general"])
    assert "You know all that has changed." in await see(alice, "/knowledge/gaps")
    await bob.call("set_state", field="deploy.web", value={"tag": "v2"}, project_id="web", reason="new release")
    await bob.call("set_state", field="note", value="hi", project_id="web")
    html = await see(alice, "/knowledge/gaps")
    assert "bob: new release" in html
    assert "critical" in html
    items = re.findall(r'name="item" value="([^"]+)"', html)
    assert items == ["web deploy.web", "web note"]
    matrix = await see(bob, "/knowledge/gaps")
    assert re.search(r"matrix-bad.*?<strong>2</strong>", matrix, re.DOTALL)
    by_field = await see(bob, "/knowledge/gaps?project=web")
    assert "deploy.web" in by_field
    assert "matrix-warn" in by_field
    assert (await alice.submit("/knowledge/gaps/acknowledge", item=items)).status_code == 303
    assert "You know all that has changed." in await see(alice, "/knowledge/gaps")
    assert (await alice.call("get_knowledge_profile")).last_known_versions == {"web": {"deploy.web": 1, "note": 1}}


async def test_a_manager_sets_anothers_profile_and_others_do_not(team: TestTeam, alice: Member) -> None:
    bob = await logged_in(team, "bob", access="manager")
    await bob.submit("/knowledge/gaps/profile?agent=alice", critical_fields="budget")
    assert (await alice.call("get_knowledge_profile")).critical_fields == ["budget"]
    assert 'value="budget"' in await see(bob, "/knowledge/gaps/profile?agent=alice")
    assert (await alice.submit("/knowledge/gaps/profile?agent=bob", critical_fields="x")).status_code == 403
    await see(alice, "/knowledge/gaps/profile?agent=bob", 403)


async def test_a_wrong_profile_keeps_what_was_typed(alice: Member) -> None:
    answer = await alice.submit("/knowledge/gaps/profile", critical_fields="a b, c")
    assert answer.status_code == 400
    assert 'value="a b, c"' in answer.text


# -- memory ----------------------------------------------------------------------------------------------------------


async def test_a_key_is_made_changed_and_deleted(alice: Member) -> None:
    assert "Nothing is kept here." in await see(alice, "/knowledge/memory")
    answer = await alice.submit("/knowledge/memory/new", namespace="运维 1?", key="部署 steps", value='{"do": [1, 2]}')
    assert answer.status_code == 303
    path = answer.headers["Location"]
    assert "部署 steps" in await see(alice, "/knowledge/memory/in/%E8%BF%90%E7%BB%B4%201%3F?prefix=部")
    await alice.submit(f"{path}/set", value='{"do": [1, 3]}', expected_version="1")
    html = await see(alice, path)
    assert 'class="line line-removed"' in html
    assert "version 2" in html
    assert (await alice.call("get_memory", key="部署 steps", namespace="运维 1?")).value == {"do": [1, 3]}
    await alice.submit(f"{path}/set", delete="yes", expected_version="2")
    assert "This key was deleted." in await see(alice, path)
    await alice.submit(f"{path}/set", value="plain words", expected_version="0")
    assert (await alice.call("get_memory", key="部署 steps", namespace="运维 1?")).value == "plain words"


async def test_nobodys_write_is_lost(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    await alice.call("set_memory", key="k", value="first")
    await bob.call("set_memory", key="k", value="theirs")
    for change in ({"value": "mine"}, {"delete": "yes"}):
        answer = await alice.submit("/knowledge/memory/in/default/k/set", expected_version="1", **change)
        assert answer.status_code == 409
        assert "bob has written this key meanwhile: version 2" in answer.text
    assert (
        "mine</textarea>"
        in (await alice.submit("/knowledge/memory/in/default/k/set", expected_version="1", value="mine")).text
    )
    assert (await alice.call("get_memory", key="k")).value == "theirs"
    taken = await alice.submit("/knowledge/memory/new", key="k", value="mine")
    assert taken.status_code == 409


@pytest.mark.parametrize("wrong", [{"value": "{"}, {"value": ""}, {"key": "a/b", "value": "1"}])
async def test_a_wrong_entry_is_said(alice: Member, wrong: dict[str, str]) -> None:
    answer = await alice.submit("/knowledge/memory/new", **{"key": "k", "namespace": "n", **wrong})
    assert answer.status_code == 400
    assert next(iter(wrong)) + ":" in answer.text


async def test_a_long_history_has_pages(alice: Member) -> None:
    for number in range(25):
        await alice.call("set_memory", key="k", value=number)
    html = await see(alice, "/knowledge/memory/in/default/k")
    assert html.count('id="version-') == 20
    older = re.search(r'href="([^"]+\?before=\d+)"', html)
    assert older is not None
    rest = await see(alice, older[1])
    assert rest.count('id="version-') == 5
    assert 'id="version-1"' in rest


# -- what is live ----------------------------------------------------------------------------------------------------


async def test_blocks_refresh_by_themselves(alice: Member) -> None:
    await alice.call("post_knowledge", title="Ports", body="3100")
    await alice.call("set_memory", key="k", value=1)
    found_id = (await alice.call("search_knowledge")).results[0].content_id
    for path in (
        "/knowledge?q=3100",
        f"/knowledge/findings/{found_id}",
        "/knowledge/gaps",
        "/knowledge/memory",
        "/knowledge/memory/in/default/k",
    ):
        html = await see(alice, path)
        pieces = re.findall(r'id="([\w-]+)" data-refresh="([^"]+)" data-blocks="(\w+)"', html)
        assert pieces, path
        for name, url, block in pieces:
            answer = await alice.http.get(url.replace("&amp;", "&"), headers={"X-Fragment": block})
            assert f'id="{name}"' in answer.text, (path, name)
