"""Finding messages: the query language, every script, what a searcher may not see, pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teammcp import Forbidden, InvalidInput, NotFound
from teammcp.features.messages import search
from teammcp.storage.sqlite import fts5
from teammcp.testing import Member, MovedClock, TestTeam
from teammcp.text import snippets, terms

in_one_team = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    sent = await member.call("send_message", channel=channel, content=content, **more)
    message_id: int = sent.id
    return message_id


async def find(member: Member, query: str, **more: Any) -> list[int]:
    found = await member.call("search_messages", query=query, **more)
    return [item.id for item in found.results]


# -- the query language ----------------------------------------------------------------------------------------------


async def test_words_phrases_and_prefixes(team: TestTeam) -> None:
    alice = await team.agent("alice")
    first = await say(alice, "The deployment of the gateway failed")
    second = await say(alice, 'Gateway: deployment is green. Café open, naïve C++ and rate-limit" set to 3.14')
    assert await find(alice, "deployment gateway") == [second, first]
    assert await find(alice, "DEPLOYMENT failed") == [first]
    assert await find(alice, '"deployment of the"') == [first]
    assert await find(alice, '"deployment the of"') == []
    assert await find(alice, "deploy") == []
    assert await find(alice, "deploy*") == [second, first]
    assert await find(alice, '"gateway deploy"*') == [second]
    assert await find(alice, "gateway nothing") == []
    assert await find(alice, "cafe naive") == [second]
    for query in ("C++", 'rate-limit"', "rate-limit", '"rate limit"', "3.14", "C++ AND", "gateway:", "(gateway)"):
        expected = [second, first] if "gateway" in query else [second]
        assert await find(alice, query) == expected, query


@pytest.mark.parametrize(
    "query", ["AND", "NOT", "NEAR(a b)", "content: x", "facets:open", "open", "a OR b", "{a b}: x"]
)
async def test_the_words_of_the_search_engine_are_ordinary_words(team: TestTeam, query: str) -> None:
    alice = await team.agent("alice")
    await say(alice, "something else entirely")
    assert await find(alice, query) == []
    message = await say(alice, f"this is about {query}")
    assert await find(alice, query) == [message]


async def test_operators_narrow_a_search(team: TestTeam, clock: MovedClock) -> None:
    alice, bob = await team.agent("alice"), await team.agent("Bob")
    await alice.call("create_channel", id="ops")
    first = await say(alice, "red apple")
    clock.advance(days=1)
    second = await say(bob, "green apple", channel="ops")
    clock.advance(days=1)
    uploaded = await bob.call("upload_file", name="apple.txt", content=b"apple", channel="general")
    third = await say(bob, "apple pie", files=[uploaded.file_id])
    assert await find(alice, "apple from:bob") == [third, second]
    assert await find(alice, "apple from:@BOB in:ops") == [second]
    assert await find(alice, "apple in:#general") == [third, first]
    assert await find(alice, "apple has:file") == [third]
    assert await find(alice, "has:file") == [third]
    assert await find(alice, "from:alice") == [first]
    assert await find(alice, "apple before:2026-01-02") == [first]
    assert await find(alice, "apple after:2026-01-02") == [third, second]
    assert await find(alice, "apple after:2026-01-02 before:2026-01-03") == [second]
    assert await find(alice, "apple after:2026-01-03T11:00:00+00:00") == [third]
    assert await find(alice, "apple after:2030-01-01") == []
    assert await find(alice, "apple before:2020-01-01") == []
    assert await find(alice, "apple", channel="ops") == [second]
    assert await find(alice, "apple from:nobody") == []
    assert await find(alice, "apple in:nowhere") == []
    for query in ("before:soon", "after:2026-13-01", "has:money"):
        with pytest.raises(InvalidInput, match="query"):
            await find(alice, query)
    with pytest.raises(NotFound):
        await find(alice, "apple", channel="nowhere")


async def test_rest_takes_the_established_names(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "apple")
    for params in ({"q": "apple"}, {"query": "apple"}, {"q": "apple", "from": "alice", "channel": "general"}):
        answer = await alice.http.get("/api/search", params=params)
        assert answer.status_code == 200, answer.text
        assert [item["id"] for item in answer.json()["results"]] == [message]
    assert (await alice.http.get("/api/search", params={"q": "apple", "from": "owner"})).json()["results"] == []


@pytest.mark.parametrize("query", ["", " ", "++", "🎉", "*", '"', '""', "-", ":", "()"])
async def test_a_query_without_a_word_finds_nothing(team: TestTeam, query: str) -> None:
    alice = await team.agent("alice")
    await say(alice, "a 🎉 ++ () : * -")
    assert await find(alice, query) == []


@in_one_team
@given(st.text(max_size=60) | st.text(st.sampled_from("ab\"'*:()-+^{}你 \\AND"), max_size=30))
async def test_no_text_is_an_error(team: TestTeam, query: str) -> None:
    assert await find(team.owner, query) == []


@in_one_team
@given(st.text(st.sampled_from('aB7é你好さク\U00020000 -_.\n"*+'), min_size=1, max_size=30).filter(str.strip))
async def test_a_message_is_found_by_its_own_words(team: TestTeam, content: str) -> None:
    message = await say(team.owner, content)
    searched = " ".join(content.replace('"', " ").replace("*", " ").split())
    found = await find(team.owner, searched, limit=100)
    assert (message in found) == any(character.isalnum() for character in searched)
    await team.owner.call("delete_message", id=message)
    assert message not in await find(team.owner, searched, limit=100)


# -- scripts without spaces ------------------------------------------------------------------------------------------


@in_one_team
@given(st.data())
async def test_any_part_of_chinese_and_japanese_text_is_found(team: TestTeam, data: st.DataObject) -> None:
    text = data.draw(
        st.text(st.sampled_from("我们今天部署新版本了さくらカメラ々〇\U00020000"), min_size=1, max_size=12)
    )
    message = await say(team.owner, data.draw(st.sampled_from(["{}", "v2{}ok", "see {} now", "，{}。"])).format(text))
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    for query in (part, f'"{part}"', f"{part}*"):
        assert message in await find(team.owner, query, limit=100)


async def test_chinese_characters_must_stand_together(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "请用React组件库重写ﾃｽﾄ的登录页")
    for query in ("组", "组件", "React组件", "react", "登录页", "テスト", "组件库 登录", "用React"):
        assert await find(alice, query) == [message], query
    for query in ("件组", "库登", "Reac组件", "重登"):
        assert await find(alice, query) == [], query


# -- other scripts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "finding", "missing"),
    [
        ("วันนี้ระบบฐานข้อมูลล่มตอนเช้า", ["ฐานข้อมูล", "ระบบ", "ล่ม", '"ระบบฐาน"'], ["ข้อมลู", "ตอนเย็น"]),
        ("ລະບົບຖານຂໍ້ມູນບໍ່ເຮັດວຽກ", ["ຖານຂໍ້ມູນ", "ລະບົບ"], ["ຂໍ້ມູນຖານ"]),
        ("ប្រព័ន្ធទិន្នន័យមានបញ្ហា", ["ទិន្នន័យ"], ["បញ្ហាមាន"]),
        ("Η ΟΔΟΣ έκλεισε", ["οδός", "οδοσ", "εκλεισε", "Οδος"], ["οδο"]),
        ("Новая Ёлка и мой Йод", ["елка", "ёлка", "ЕЛКА", "йод", "мой"], ["елк", "мои", "иод"]),
        ("שָׁלוֹם עולם", ["שלום", "שָׁלוֹם", "עולם"], ["שלו"]),
        ("كتاب مُحَمَّد", ["محمد", "مُحَمَّد", "كتاب"], ["حمد"]),
        ("Die Straße nach Łódź", ["STRASSE", "strasse", "lodz", "łódź", "stra*"], ["stras"]),
        ("मुझे केला पसंद है", ["केला", "पसंद", "केल*"], ["किला", "कला", "केल", "ला"]),
        ("আমার কলা", ["কলা"], ["কিলা", "কল"]),
        ("எனக்கு வாழை பிடிக்கும்", ["வாழை"], ["வழை"]),
        ("어제 서버가 죽었다", ["서버", "서버가", "죽었다", '"서버가 죽었다"'], ["버서", "제서"]),
        ("Đà Nẵng, Smørrebrød", ["da nang", "Đà", "smorrebrod", "SMØRREBRØD"], ["nan"]),
        ("İstanbul ve ısı", ["istanbul", "ISTANBUL", "isi"], ["stanbul"]),
        ("ＧＯ ｶﾞｲﾄﾞ", ["go", "ガイド"], ["カイト"]),
        ("می‌خواهم بروم", ["میخواهم", "می‌خواهم"], ["خواهم"]),
    ],
)
async def test_a_word_is_found_in_any_script_however_it_is_written(
    team: TestTeam, content: str, finding: list[str], missing: list[str]
) -> None:
    message = await say(team.owner, content)
    for query in finding:
        assert await find(team.owner, query) == [message], query
        assert await find(team.owner, f"{query} in:general", sort="relevance") == [message], query
        _, spans = snippets.snippet(content, search.parse(query).terms)
        assert spans, query
    for query in missing:
        assert await find(team.owner, query) == [], query


async def test_what_is_no_word_is_found_nowhere_however_the_search_is_narrowed(team: TestTeam) -> None:
    await say(team.owner, "party 🎉 ++")
    for query in ("🎉", "++", "…", "⏰ !!", "\u200b"):
        for narrowed in ("in:general", "from:owner", "after:2020-01-01"):
            assert await find(team.owner, f"{query} {narrowed}") == [], query
        assert await find(team.owner, query, channel="general") == [], query
    assert len(await find(team.owner, "in:general")) == 1


def test_the_work_of_a_search_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words count once, and not without end; of a long text a part is looked at."""
    many = search.parse(" ".join(f"a w{number} a b" for number in range(100)))
    assert len(many.terms) <= terms.MOST_WORDS
    assert len(search.parse("Ab aB ab " * 50).terms) == 1
    assert len(fts5.expression(search.parse(f'"{"a " * 200}"').terms, [])) < 4 * terms.MOST_WORDS
    asked = search.parse("a b").terms
    assert len(snippets.highlights("a b " * 2500, asked)) <= snippets.MOST_SPANS
    assert snippets.relevance("a b " * 400, asked) == snippets.relevance("a b " * 50 + "c d " * 350, asked)
    assert snippets.snippet("x" * 9000 + " needle", search.parse("needle").terms)[1]


# -- what a searcher may not see -------------------------------------------------------------------------------------


async def test_nothing_foreign_is_ever_found(team: TestTeam) -> None:
    alice, bob, carol = await team.agent("alice"), await team.agent("bob"), await team.agent("carol")
    await alice.call("create_channel", id="secret", type="topic", members=["bob"])
    await say(alice, "xyzzy in the topic", channel="secret")
    await say(alice, "xyzzy in the letter", channel="dm:bob")
    for query in ("xyzzy", "xyzzy in:secret", "xyzzy in:dm:alice:bob", "xyzzy from:alice", "in:secret", "from:alice"):
        for sort in ("newest", "relevance"):
            assert await find(carol, query, sort=sort) == [], query
            assert await find(team.owner, query, sort=sort) == [], query
    assert len(await find(bob, "xyzzy")) == 2
    for channel in ("secret", "dm:alice:bob", "dm:bob:alice"):
        with pytest.raises(NotFound if channel == "secret" else Forbidden):
            await find(carol, "xyzzy", channel=channel)
    assert await find(bob, "xyzzy in:dm:alice") == await find(bob, "xyzzy", channel="dm:Alice")
    await bob.call("leave_channel", channel="secret")
    assert len(await find(bob, "xyzzy")) == 1


async def test_the_index_follows_edits_and_deletions(team: TestTeam) -> None:
    alice = await team.agent("alice")
    message = await say(alice, "the old words 旧")
    await alice.call("edit_message", id=message, content="entirely new 新")
    assert await find(alice, "old") == await find(alice, "旧") == []
    assert await find(alice, "new") == await find(alice, "新") == [message]
    await alice.call("delete_message", id=message)
    assert await find(alice, "new") == await find(alice, "from:alice") == await find(alice, "in:general") == []


# -- pages and order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["newest", "relevance"])
async def test_pages_show_each_result_once_while_messages_arrive(team: TestTeam, sort: str) -> None:
    alice = await team.agent("alice")
    expected = [await say(alice, f"apple {'pie ' * (number % 4)}") for number in range(23)]
    seen: list[int] = []
    cursor = None
    while True:
        page = await alice.call("search_messages", query="apple", limit=5, cursor=cursor, sort=sort)
        seen += [item.id for item in page.results]
        if page.next is None:
            break
        cursor = page.next
        await say(alice, "apple apple")
    assert sorted(seen) == expected
    if sort == "newest":
        assert seen == expected[::-1]


async def test_ranked_pages_leave_nothing_out_while_results_are_deleted(team: TestTeam) -> None:
    alice = await team.agent("alice")
    left = {await say(alice, f"apple {'pie ' * (number % 4)}") for number in range(20)}
    seen: list[int] = []
    cursor = None
    while True:
        page = await alice.call("search_messages", query="apple", limit=5, cursor=cursor, sort="relevance")
        seen += [item.id for item in page.results]
        if page.next is None:
            break
        cursor = page.next
        gone = page.results[0].id
        await alice.call("delete_message", id=gone)
        left.discard(gone)
    assert left <= set(seen)
    assert len(seen) == len(set(seen))


async def test_relevance_prefers_many_words_in_short_texts(team: TestTeam) -> None:
    alice = await team.agent("alice")
    best = await say(alice, "disk full, disk full")
    worst = await say(alice, "the disk " + "is one of many things that we could talk about " * 10 + " full")
    assert await find(alice, "disk full", sort="relevance") == [best, worst]
    assert await find(alice, "disk full") == [worst, best]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.x", "1.-1", "٣", "1.2.3", ""])
async def test_a_wrong_cursor_is_told(team: TestTeam, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        await find(team.owner, "apple", cursor=cursor)


async def test_an_absurd_cursor_is_harmless(team: TestTeam) -> None:
    message = await say(team.owner, "apple")
    assert await find(team.owner, "apple", cursor="9" * 60) == [message]
    assert await find(team.owner, "apple", cursor=f"0.{'9' * 60}", sort="relevance") == []


# -- snippets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "query", "expected"),
    [
        ("The Gateway is down", "gateway", ["Gateway"]),
        ("rate limiting, rate limits", '"rate limit"*', ["rate limiting"[:10], "rate limit"]),
        ("rate-limit and rate  limit", '"rate limit"', ["rate-limit", "rate  limit"]),
        ("C++ and c", "C++", ["C", "c"]),
        ("今天部署了部署", "部署", ["部署", "部署"]),
        ("a\nb", "b", ["b"]),
        ("Café and CAFE", "cafe", ["Café", "CAFE"]),
        ("ＡＢＣ one", "abc", ["ＡＢＣ"]),
        ("jose\u0301 x", "josé", ["jose\u0301"]),
        ("Straße", "straße", ["Straße"]),
        ("ß e\u0301 x", "x", ["x"]),
        ("ｱﾊﾟｰﾄ", "アパート", ["ｱﾊﾟｰﾄ"]),
    ],
)
def test_highlights_point_at_what_matched(content: str, query: str, expected: list[str]) -> None:
    text, spans = snippets.snippet(content, search.parse(query).terms)
    assert [text[start:end] for start, end in spans] == expected


@given(
    st.text(st.sampled_from("ab 你好\n.éＡ"), max_size=400),
    st.sampled_from(["needle", "针", "x" * 200]),
    st.text(st.sampled_from("ab 你好\n.é"), max_size=400),
)
def test_a_snippet_is_short_and_shows_the_match(before: str, needle: str, behind: str) -> None:
    text, spans = snippets.snippet(f"{before} {needle} {behind}", search.parse(needle).terms)
    assert len(text) <= snippets.SNIPPET + 2
    assert "\n" not in text
    assert spans
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert needle.startswith(text[start:end])


@given(st.text(max_size=80), st.text(st.characters(categories=["L", "M"]), min_size=1, max_size=3))
def test_any_text_has_a_snippet_with_offsets_inside_it(content: str, word: str) -> None:
    text, spans = snippets.snippet(f"{content} {word} {content}", search.parse(word).terms)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)


async def test_results_carry_what_a_list_shows(team: TestTeam) -> None:
    alice = await team.agent("alice")
    content = "word " * 100 + "needle " + "word " * 100
    message = await say(alice, content)
    page = await alice.call("search_messages", query="needle")
    (item,) = page.results
    assert (item.id, item.channel_id, item.from_agent) == (message, "general", "alice")
    ((start, end),) = item.highlights
    assert item.snippet[start:end] == "needle"
    assert item.snippet.startswith("…")
    assert item.snippet.endswith("…")
    assert f"[{message}] 2026-01-01T12:00 #general alice (agent): …" in page.text()
