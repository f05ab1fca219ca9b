"""The pages without JavaScript: forms, links and redirects do everything."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp.testing import MovedClock, TestTeam
from tests.webkit import visiting, visitor


@pytest.mark.parametrize("files", [None, {"file": ("a.txt", b"a\r\nb")}], ids=["a form", "a form with a file"])
async def test_a_form_brings_the_line_ends_that_were_typed(team: TestTeam, files: Any) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/channels/general")
    await browser.send(page, "/channels/general/send", content="one\r\ntwo\rthree\nfour", files=files)
    assert (await team.owner.call("get_history", channel="general")).messages[0].content == "one\ntwo\rthree\nfour"


async def test_a_message_is_sent_answered_edited_pinned_and_deleted(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/")
    page = await browser.send(page, "/channels/general/send", content="hello\r\nworld")
    assert page.path == "/channels/general"
    assert "hello world" in page.text
    sent = (await team.owner.call("get_history", channel="general")).messages[0]
    assert sent.content == "hello\nworld"

    page = await browser.send(page, f"/messages/{sent.id}/react", emoji="🎉")
    assert page.elements("button", name="emoji", value="🎉")[-1].get("title") != "nobody"
    assert (await team.owner.call("get_message", message_id=sent.id)).reactions[0].agents == ["owner"]
    page = await browser.send(page, f"/messages/{sent.id}/react", emoji="🎉")
    assert (await team.owner.call("get_message", message_id=sent.id)).reactions == []

    await browser.send(page, f"/messages/{sent.id}/pin")
    pinned = await browser.get("/channels/general?panel=pins")
    assert "Pinned by owner" in pinned.text

    edited = await browser.send(
        await browser.get(f"/messages/{sent.id}/edit"), f"/messages/{sent.id}/edit", content="changed"
    )
    assert "changed" in edited.text
    assert "( edited )" in edited.text or "(edited)" in edited.text
    assert "hello world" in (await browser.get(f"/messages/{sent.id}/edits")).text

    thread = await browser.get(f"/channels/general?panel=thread&message={sent.id}")
    reply = next(form for form in thread.forms if form.values.get("reply_to") == str(sent.id))
    await browser.http.post(reply.action, data={**reply.values, "content": "an answer"})
    assert (await team.owner.call("get_thread", message_id=sent.id)).replies[0].content == "an answer"

    asked = await browser.get(f"/messages/{sent.id}/delete")
    gone = await browser.send(asked, f"/messages/{sent.id}/delete")
    assert "This message was deleted." in gone.text
    assert "1 reply" in gone.text


async def test_what_was_typed_is_not_lost_when_it_cannot_be_sent(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/channels/general")
    refused = await browser.send(page, "/channels/general/send", content="x" * 10_001)
    assert refused.status == 400
    assert "content" in refused.text
    assert "x" * 10_001 in refused.response.text


async def test_files_go_along_with_a_message(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/channels/general")
    page = await browser.send(
        page, "/channels/general/send", files={"files": ("plan.txt", b"step one", "text/plain")}, content=""
    )
    sent = (await team.owner.call("get_history", channel="general")).messages[0]
    assert [file.file_name for file in sent.files] == ["plan.txt"]
    assert page.text.count("plan.txt") == 1
    answer = await browser.http.get(f"/files/{sent.files[0].file_id}")
    assert answer.content == b"step one"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.teammcp(max_body=4096, max_file=100_000)
async def test_only_uploads_may_be_large(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/channels/new")
    refused = await browser.send(page, "/channels/new", id="x", description="y" * 5000)
    assert refused.status == 413
    page = await browser.get("/channels/general")
    sent = await browser.send(
        page, "/channels/general/send", files={"files": ("a.txt", b"z" * 50_000, "text/plain")}, content="big"
    )
    assert sent.status == 200
    refused = await browser.send(
        page, "/channels/general/send", files={"files": ("a.txt", b"z" * 200_000, "text/plain")}, content="too big"
    )
    assert refused.status == 413


async def test_opening_a_channel_shows_what_is_new_and_only_a_form_marks_it_as_read(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.owner.call("create_channel", id="plans", members=["alice"])
    await alice.call("send_message", channel="plans", content="old")
    browser = await visiting(team, team.owner.key)

    await browser.send(await browser.get("/channels/plans"), "/channels/plans/read")
    await alice.call("send_message", channel="plans", content="first new, @owner")
    await alice.call("send_message", channel="plans", content="second new")
    elsewhere = await browser.get("/channels/general")
    assert "plans 1 for you" in elsewhere.text
    assert (await browser.get("/inbox")).text.count("first new") == 1
    opened = await browser.get("/channels/plans")
    stream = opened.text[opened.text.index("Mark all as read") :]
    assert stream.index("old") < stream.index(" New ") < stream.index("first new")
    assert "plans 1 for you" in opened.text
    await browser.send(opened, "/channels/plans/read")
    assert "plans 1 for you" not in (await browser.get("/channels/plans")).text
    assert "Nothing new." in (await browser.get("/inbox")).text
    receipt = await browser.get(
        f"/messages/{(await alice.call('get_history', channel='plans')).messages[-1].id}/receipt"
    )
    assert "acknowledged" in receipt.text


async def test_the_inbox_is_cleared_by_hand(team: TestTeam) -> None:
    alice, browser = await team.agent("alice"), await visiting(team, team.owner.key)
    await alice.call("send_dm", recipient="owner", content="psst")
    await alice.call("send_message", channel="general", content="hello all")
    page = await browser.get("/inbox")
    assert page.text.index("psst") < page.text.index("hello all")
    channels = await team.owner.call("get_channels")
    assert sum(channel.unread for channel in channels.root) == 2
    cleared = await browser.send(page, "/inbox/read", item=page.form("/inbox/read").values["item"])
    assert cleared.text.count("psst") + cleared.text.count("hello all") == 1


async def test_history_is_walked_with_links(team: TestTeam, clock: MovedClock) -> None:
    for number in range(120):
        await team.owner.call("send_message", channel="general", content=f"note {number:03}")
        clock.advance(minutes=30)
    browser = await visiting(team, team.owner.key)
    newest = await browser.get("/channels/general")
    assert "note 119" in newest.text
    assert "note 069" not in newest.text
    assert "Yesterday" in newest.text
    older = await browser.get(newest.links["Older messages"])
    assert "note 020" in older.text
    assert "note 019" not in older.text
    oldest = await browser.get(older.links["Older messages"])
    assert "note 000" in oldest.text
    assert "Older messages" not in oldest.links
    back = await browser.get(oldest.links["Newer messages"])
    assert "note 020" in back.text
    middle = (await team.owner.call("get_history", channel="general", limit=100)).messages[0]
    found = await browser.get(f"/messages/{middle.id}")
    assert "note 020" in found.text
    assert "note 119" not in found.text
    assert found.path.startswith(f"/channels/general?around={middle.id}")


async def test_channels_are_made_joined_left_and_archived(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    browser, theirs = await visiting(team, team.owner.key), await visiting(team, bob.key)
    taken = await browser.send(await browser.get("/channels/new"), "/channels/new", id="general")
    assert taken.status == 409
    assert "already" in taken.text
    made = await browser.send(await browser.get("/channels/new"), "/channels/new", id="plans", type="group")
    assert made.path == "/channels/plans"
    looking = await theirs.get("/channels/plans")
    assert "You are looking into this channel." in looking.text
    joined = await theirs.send(looking, "/channels/plans/join")
    assert "Message to #plans" in joined.response.text
    members = await browser.get("/channels/plans?panel=members")
    assert "bob" in members.text
    await browser.send(members, "/channels/plans/members", remove="bob")
    assert team.team.directory.members("plans") == {"owner"}
    added = await browser.get("/channels/plans?panel=members")
    await browser.send(added, "/channels/plans/members", agent_name="bob")
    assert team.team.directory.members("plans") == {"owner", "bob"}
    about = await browser.get("/channels/plans?panel=about")
    await browser.send(about, "/channels/plans/about", name="Big plans", description="what comes")
    assert "what comes" in (await browser.get("/channels/plans")).text
    await browser.send(about, "/channels/plans/archive")
    assert "archived" in (await browser.get("/channels/plans")).text
    await theirs.send(await theirs.get("/channels/plans?panel=about"), "/channels/plans/leave")
    assert team.team.directory.members("plans") == {"owner"}


async def test_direct_messages_begin_with_a_name(team: TestTeam) -> None:
    await team.agent("alice")
    browser = await visiting(team, team.owner.key)
    page = await browser.send(await browser.get("/dm/new"), "/dm/new", agent="alice")
    assert page.path == "/channels/dm:alice:owner"
    page = await browser.send(page, "/channels/dm:alice:owner/send", content="psst")
    assert "psst" in page.text
    assert (await browser.get("/channels/dm:alice")).path == "/channels/dm:alice:owner"


async def test_the_system_has_a_picture_wherever_its_direct_messages_are_shown(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    await ann.call("send_directive", to_agent="bob", instruction="count the files")
    await team.owner.call("retire_agent", name=bob.name)
    await team.server.settle()  # the system tells whoever asked
    browser = await visiting(team, ann.key)
    channel = "/channels/dm:ann:system"
    for path, mark in (("/inbox", "<h2>"), ("/go?q=system", 'class="person"'), (channel, "<h1>")):
        lines = (await browser.http.get(path)).text.splitlines()
        assert any(mark in line and "avatar-small" in line and "system" in line for line in lines), path


async def test_search_finds_marks_and_goes_on(team: TestTeam) -> None:
    for number in range(25):
        await team.owner.call("send_message", channel="general", content=f"the rate-limit <b>{number}</b>")
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/search?q=rate-limit")
    assert len(page.elements("mark")) >= 20
    assert not page.elements("b")
    more = await browser.get(page.links["More results"])
    assert 0 < len(more.elements("li")) < len(page.elements("li"))
    assert "Nothing was found." in (await browser.get("/search?q=zebra")).text
    assert (await browser.get("/search?q=%22C%2B%2B")).status == 200
    assert "How to search" in (await browser.get("/search")).text


async def test_profiles_are_changed_and_agents_retired(team: TestTeam) -> None:
    await team.agent("alice", role="Tester")
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/agents/alice")
    saved = await browser.send(
        page, "/agents/alice/change", role="Engineer", description="builds", reports_to="owner", access="manager"
    )
    assert "Engineer" in saved.text
    wrong = await browser.send(page, "/agents/alice/change", role="x", reports_to="nobody")
    assert wrong.status == 404
    assert "nobody" in wrong.text
    await browser.send(await browser.get("/agents/alice/retire"), "/agents/alice/retire")
    assert team.team.directory.agents["alice"].retired
    assert "alice" not in (await browser.get("/agents")).text
    assert "alice" in (await browser.get("/agents?retired=1")).text


async def test_languages_follow_the_browser_and_the_switch(team: TestTeam) -> None:
    browser = visitor(team)
    page = await browser.get("/login", **{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert page.elements("html")[0]["lang"] == "zh"
    assert "登录" in page.text
    page = await browser.send(page, "/preferences", language="en", scheme="dark")
    assert page.path == "/login"
    page = await browser.get("/login", **{"Accept-Language": "zh"})
    html = page.elements("html")[0]
    assert (html["lang"], html["data-scheme"]) == ("en", "dark")


async def test_numbers_are_spoken_as_the_language_has_it(team: TestTeam) -> None:
    sent = await team.owner.call("send_message", channel="general", content="question")
    for answer in ("one", "two"):
        await team.owner.call("send_message", channel="general", content=answer, replyTo=sent.id)
    browser = await visiting(team, team.owner.key)
    assert "2 replies" in (await browser.get("/channels/general")).text
    assert "2 条回复" in (await browser.get("/channels/general", **{"Accept-Language": "zh"})).text


async def test_times_are_in_the_browsers_zone(team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="at noon UTC")
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/channels/general", **{"Accept-Language": "en-GB"})
    assert "12:00" in page.text
    await browser.send(page, "/preferences", timezone="Asia/Tokyo")
    assert "21:00" in (await browser.get("/channels/general", **{"Accept-Language": "en-GB"})).text
    await browser.send(page, "/preferences", timezone="../../etc/passwd")
    assert "12:00" in (await browser.get("/channels/general", **{"Accept-Language": "en-GB"})).text


@pytest.mark.parametrize("path", ["/nope", "/channels/nope", "/messages/999", "/agents/nobody", "/files/77"])
async def test_what_is_not_there_has_a_page_too(team: TestTeam, path: str) -> None:
    page = await (await visiting(team, team.owner.key)).get(path)
    assert page.status == 404
    assert "Not found" in page.text
    assert page.elements("nav")


async def test_wrong_ids_and_methods_are_no_crash(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    for path in (
        "/channels/general?before=999999999999999999999",
        "/channels/general?around=abc",
        "/channels/general?panel=thread&message=-1",
        "/channels/general?panel=nonsense",
        "/channels/general/stream?after=0",
        "/messages/99999999999999999999999",
        "/search?q=x&cursor=nonsense&sort=odd",
        "/channels/%00",
        "/inbox/read",
        "/setup",
    ):
        page = await browser.get(path)
        assert page.status < 500, path
    csrf = (await browser.get("/agents")).form("/logout").values["csrf"]
    for path, form in (
        ("/channels/general/read", {"message": "no number"}),
        ("/inbox/read", {"item": "no number"}),
        ("/inbox/read", {"item": "general 9999999999999999999999"}),
        ("/preferences", {"language": "xx", "scheme": "pink", "next": "//evil"}),
        ("/channels/general/send", {"reply_to": "x", "content": "y"}),
        ("/channels/general/members", {"agent_name": ""}),
        ("/dm/new", {"agent": ""}),
    ):
        answer = await browser.http.post(path, data={**form, "csrf": csrf})
        assert answer.status_code < 500, path


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Dest": "image"}, {"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch"}]
)
async def test_a_page_that_nobody_opened_is_read_by_nobody(team: TestTeam, headers: dict[str, str]) -> None:
    alice = await team.agent("alice")
    browser = await visiting(team, team.owner.key)
    sent = await alice.call("send_message", channel="general", content="for your eyes", ack_required=True)
    unread = (await team.owner.call("get_inbox")).total_unread
    await browser.get("/channels/general", **headers)
    assert (await team.owner.call("get_inbox")).total_unread == unread > 0
    await browser.send(await browser.get("/channels/general"), "/channels/general/read")
    assert (await alice.call("get_receipt", message_id=sent.id)).recipients[0].acked_at
