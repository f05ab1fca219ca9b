"""The pages of what waits for an answer, and asking for one in the composer."""

from __future__ import annotations

import pytest

from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """Somebody at a browser."""
    bob = await team.agent("bob", kind="human")
    await bob.log_in()
    return bob


@pytest.fixture
async def alice(team: TestTeam, bob: Member) -> Member:
    """Somebody else at a browser."""
    alice = await team.agent("alice")
    await alice.log_in()
    return alice


async def test_the_composer_asks_for_an_answer(alice: Member, bob: Member, clock: MovedClock) -> None:
    page = await alice.http.get("/channels/general")
    assert '<select class="reply-by" name="reply_by"' in page.text
    await alice.submit("/channels/general/send", content="@bob when?", reply_by="60")
    await alice.submit("/channels/general/send", content="@bob by the way", reply_by="")
    asked, aside = (await bob.call("get_history")).messages
    assert (asked.reply_by, aside.reply_by) == (clock.now() + 3_600_000, None)
    assert "answer by" in (await bob.http.get("/channels/general")).text
    refused = await alice.submit("/channels/general/send", content="kept", reply_by="-1")
    assert refused.status_code == 400
    assert "reply_by" in refused.text
    assert "kept</textarea>" in refused.text


async def test_each_tab_shows_its_part(alice: Member, bob: Member, clock: MovedClock) -> None:
    asked = (await alice.call("send_message", channel="general", content="@bob when?", reply_by=5)).id
    root = (await alice.call("send_message", channel="general", content="a thread")).id
    await alice.call("send_message", channel="general", content="@bob in it?", replyTo=root)
    await alice.call("send_dm", recipient="bob", content="psst")
    page = (await bob.http.get("/inbox/unanswered")).text
    assert page.count("<article") == 3
    assert f"/channels/general?panel=thread&amp;message={asked}" in page
    assert f"/channels/general?panel=thread&amp;message={root}" in page
    assert 'href="/channels/dm:alice:bob"' in page
    assert "Waiting for bob" not in page
    mine = (await alice.http.get("/inbox/unanswered?view=waiting_for_others")).text
    assert mine.count("Waiting for bob") == 3
    assert "Answer</a>" not in mine
    late = "/inbox/unanswered?view=overdue"
    assert "Nothing here waits" in (await bob.http.get(late)).text
    clock.advance(minutes=5)
    for member in (alice, bob):
        page = (await member.http.get(late)).text
        assert page.count("<article") == 1
        assert "state-bad" in page
    assert 'aria-current="page">Overdue' in page
    for path in ("/inbox", late):
        assert 'href="/inbox/unanswered?view=waiting_for_me"' in (await bob.http.get(path)).text


async def test_what_needs_no_answer_is_cleared_by_hand(alice: Member, bob: Member) -> None:
    message = (await alice.call("send_message", channel="general", content="thank you @bob")).id
    page = await bob.http.get("/inbox/unanswered")
    assert f'action="/messages/{message}/settle"' in page.text
    gone = await bob.submit(f"/messages/{message}/settle", next="/inbox/unanswered?view=waiting_for_me")
    assert gone.headers["location"] == "/inbox/unanswered?view=waiting_for_me"
    assert "Nothing here waits" in (await bob.http.get("/inbox/unanswered")).text
    receipt = (await alice.http.get(f"/messages/{message}/receipt")).text
    assert "no answer needed" in receipt


async def test_the_receipt_shows_until_when_an_answer_is_asked_for(
    alice: Member, bob: Member, clock: MovedClock
) -> None:
    message = (await alice.call("send_message", channel="general", content="@bob when?", reply_by=5)).id
    path = f"/messages/{message}/receipt"
    assert "An answer is asked for by" in (await alice.http.get(path)).text
    assert "overdue" not in (await alice.http.get(path)).text
    clock.advance(minutes=5)
    assert "overdue" in (await alice.http.get(path)).text
    await bob.call("send_message", channel="general", content="now", replyTo=message)
    assert "overdue" not in (await alice.http.get(path)).text


async def test_the_receipt_shows_by_which_way_a_message_was_delivered(alice: Member, bob: Member) -> None:
    message = (await alice.call("send_message", channel="general", content="@bob when?")).id
    path = f"/messages/{message}/receipt"
    assert "delivered by" not in (await alice.http.get(path)).text
    await bob.call("claude_hook", hook_event_name="PostToolUse")
    assert "delivered by a hook: " in (await alice.http.get(path)).text
    await bob.call("get_inbox")
    page = (await alice.http.get(path)).text
    assert "delivered by a hook: " in page
    assert '<span class="state push">read</span>' in page


async def test_older_ones_are_a_page_away(alice: Member, bob: Member) -> None:
    for number in range(21):
        await alice.call("send_message", channel="general", content=f"@bob {number}")
    page = (await bob.http.get("/inbox/unanswered")).text
    assert page.count("<article") == 20
    older = "/inbox/unanswered?view=waiting_for_me&before=2"
    assert older.replace("&", "&amp;") in page
    assert (await bob.http.get(older)).text.count("<article") == 1


async def test_addresses_that_make_no_sense_are_answered(alice: Member, bob: Member) -> None:
    for query in ("view=all", "before=x", "before=0", "view=overdue&before=99999999999999999999"):
        assert (await bob.http.get(f"/inbox/unanswered?{query}")).status_code == 400, query
    assert (await bob.submit("/messages/999/settle")).status_code == 404


async def test_who_calls_a_retired_member_is_told_at_once(team: TestTeam, alice: Member, bob: Member) -> None:
    await team.owner.call("retire_agent", name="bob")
    page = await alice.http.get("/plugins")
    token = page.text.split('name="csrf-token" content="')[1].split('"')[0]
    sent = await alice.http.post(
        "/channels/general/send",
        data={"content": "@bob are you there?", "csrf": token},
        headers={"X-Fragment": "1"},
    )
    assert "bob: retired, so not reached." in sent.text
