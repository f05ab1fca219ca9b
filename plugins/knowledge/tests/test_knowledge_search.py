"""Finding findings: words, every script, tags, contributors, ranking, pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teammcp import InvalidInput
from teammcp.testing import Member, TestTeam

in_one_team = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


async def post(member: Member, title: str, body: str = "nothing more", *tags: str) -> None:
    await member.call("post_knowledge", title=title, body=body, tags=list(tags))


async def find(member: Member, query: str = "", **more: Any) -> list[str]:
    return [each.title for each in (await member.call("search_knowledge", query=query, **more)).results]


async def test_words_phrases_and_prefixes(alice: Member) -> None:
    await post(alice, "Gateway", "The deployment of the gateway needs a café and C++")
    await post(alice, "Database", "The rate-limit of the database is 3.14")
    assert await find(alice, "deployment gateway") == ["Gateway"]
    assert await find(alice, "DEPLOYMENT cafe") == ["Gateway"]
    assert await find(alice, '"of the database"') == ["Database"]
    assert await find(alice, '"database the"') == []
    assert await find(alice, "deploy") == []
    assert await find(alice, "deploy*") == ["Gateway"]
    assert await find(alice, "rate-limit 3.14") == ["Database"]
    assert await find(alice, "C++") == ["Gateway"]
    assert await find(alice, "gateway database") == []
    assert sorted(await find(alice, "the")) == ["Database", "Gateway"]


async def test_chinese_by_any_part_of_a_text(alice: Member) -> None:
    await post(alice, "数据库", "我们使用PostgreSQL数据库来保存订单")
    await post(alice, "部署", "部署在周五下午不要进行")
    assert await find(alice, "数据库") == ["数据库"]
    assert await find(alice, "保存订单") == ["数据库"]
    assert await find(alice, "周五") == ["部署"]
    assert await find(alice, "订") == ["数据库"]
    assert await find(alice, "数据 订单 postgresql") == ["数据库"]
    assert await find(alice, "不存在") == []
    (found,) = (await alice.call("search_knowledge", query="周五下午")).results
    assert [found.snippet[start:end] for start, end in found.highlights] == ["周五下午"]


@pytest.mark.parametrize("query", ["AND", 'NOT "', "NEAR(a b)", "content: x", "a OR b", "{a b}: x", "-", "''", "\x00"])
async def test_any_text_is_a_query(alice: Member, query: str) -> None:
    await post(alice, "something else", "entirely")
    assert await find(alice, query) == []


@in_one_team
@given(query=st.text(max_size=60))
async def test_no_text_upsets_the_search(alice: Member, query: str) -> None:
    await find(alice, query)


async def test_a_title_counts_more_than_a_mention(alice: Member) -> None:
    await post(alice, "Rollback of a release", "Use the button.")
    await post(alice, "Release", "There is " + "much to say about many things, " * 20 + "and a rollback too.")
    assert await find(alice, "rollback") == ["Rollback of a release", "Release"]
    assert await find(alice, "rollback", sort="newest") == ["Release", "Rollback of a release"]


async def test_what_several_found_counts_more(team: TestTeam, alice: Member) -> None:
    for title in ("first", "second", "third"):
        await post(alice, title, "equal words here")
    for name in ("bob", "carol"):
        await post(await team.agent(name), "second", "equal words here")
    assert (await find(alice, "equal"))[0] == "second"
    assert await find(alice, sort="top") == ["second", "third", "first"]
    assert await find(alice, "equal", sort="top") == ["second", "third", "first"]
    assert await find(alice) == ["third", "second", "first"]


async def test_tags_and_contributors_narrow(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("Bob")
    await post(alice, "one", "shared word", "net", "prod")
    await post(alice, "two", "shared word", "net")
    await post(bob, "two", "shared word", "net")
    await post(bob, "three", "shared word", "decision")
    assert sorted(await find(alice, tags=["net"])) == ["one", "two"]
    assert await find(alice, tags=["NET", "prod"]) == ["one"]
    assert await find(alice, "shared", tags=["decision"]) == ["three"]
    assert sorted(await find(alice, contributor="bob")) == ["three", "two"]
    assert await find(alice, "shared", tags=["net"], contributor="@BOB") == ["two"]
    assert await find(alice, tags=["none"]) == []
    assert await find(alice, contributor="nobody") == []


async def test_results_are_compact_and_bodies_come_on_request(alice: Member) -> None:
    await post(alice, "Long", "begin " + "filler " * 500 + "needle end")
    (found,) = (await alice.call("search_knowledge", query="needle")).results
    assert found.body is None
    assert len(found.snippet) < 200
    assert [found.snippet[start:end] for start, end in found.highlights] == ["needle"]
    (found,) = (await alice.call("search_knowledge", query="needle", include_bodies=True)).results
    assert found.body is not None
    assert found.body.endswith("needle end")


@pytest.mark.parametrize(
    "asked", [{}, {"query": "word"}, {"tags": ["t"]}, {"sort": "top"}, {"query": "word", "sort": "newest"}]
)
async def test_pages_hold_everything_once(alice: Member, asked: dict[str, Any]) -> None:
    for number in range(7):
        await post(alice, f"title {number}", "a word", "t")
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await alice.call("search_knowledge", limit=3, **asked, **cursor)
        seen += [each.title for each in page.results]
        if page.next is None:
            break
        cursor = {"cursor": page.next}
    assert sorted(seen) == [f"title {number}" for number in range(7)]


async def test_what_is_posted_meanwhile_shifts_no_page(alice: Member) -> None:
    for number in range(6):
        await post(alice, f"title {number}", "a word")
    first = await alice.call("search_knowledge", query="word", limit=3)
    await post(alice, "late", "word word word")
    second = await alice.call("search_knowledge", query="word", limit=3, cursor=first.next)
    titles = [each.title for each in [*first.results, *second.results]]
    assert sorted(titles) == [f"title {number}" for number in range(6)]
    assert second.next is None


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.x", "1.2.3", "²." + "1", "9" * 30 + ".0"])
async def test_a_made_up_cursor_is_refused(alice: Member, cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await alice.call("search_knowledge", cursor=cursor)
    assert caught.value.code in ("bad_cursor", "invalid_input")
