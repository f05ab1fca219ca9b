"""Pages of waking: whether messages wake an agent, when they do not, and that it was not reached, where one looks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from markupsafe import escape

from teammcp import waking
from teammcp.members.presence import NOT_REACHED, Reason
from teammcp.testing import Member, MovedClock, TestTeam
from teammcp.waking.claude import LOCKED_OUT
from teammcp.waking.codex import QUEUED
from teammcp.waking.qwen import FAILURES
from tests.webkit import Visitor, visiting


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def owner(team: TestTeam, bob: Member) -> Visitor:
    return await visiting(team, team.owner.key)


async def lose(team: TestTeam, bob: Member, clock: MovedClock) -> int:
    """A message to bob, whose program was rung for it in vain."""
    team.team.presence.set_status("bob", "idle")
    clock.advance(seconds=2)
    sent: int = (await team.owner.call("send_dm", recipient="bob", content="look")).id
    for _ in range(4):
        await bob.call("wait_for_ring", session="claude:1", way="inbox_socket", timeout=0)
        clock.advance(seconds=10)
    return sent


async def test_not_reached_is_seen_on_the_profile_in_the_list_and_in_the_receipt(
    team: TestTeam, bob: Member, owner: Visitor, clock: MovedClock
) -> None:
    message = await lose(team, bob, clock)
    for path in ("/agents/bob", "/agents", f"/messages/{message}/receipt"):
        page = (await owner.get(path)).response.text
        assert ">not reached<" in page, path
        assert "its hooks may not be trusted" in page, path
    assert "teammcp doctor" in (await owner.get("/agents/bob")).response.text
    receipt = await team.owner.call("get_receipt", message_id=message)
    assert "not reached (its program shows no sign" in receipt.text()
    await bob.call("get_inbox")
    assert "not reached" not in (await team.owner.call("get_receipt", message_id=message)).text()


async def test_who_is_woken_by_nothing_has_no_quiet_hours(team: TestTeam, bob: Member, owner: Visitor) -> None:
    await team.owner.log_in()
    times = {"from": "22:00", "until": "07:00"}
    for name in ("owner", "system"):
        asked = (await owner.get(f"/agents/{name}/wakes/quiet")).response
        sent = await team.owner.submit(f"/agents/{name}/wakes/quiet", **times)
        switched = await team.owner.submit(f"/agents/{name}/wakes", woken="no")
        assert (name, asked.status_code, sent.status_code, switched.status_code) == (name, 400, 400, 400)
    await team.owner.call("retire_agent", name="bob")
    assert (await owner.get("/agents/bob/wakes/quiet")).response.status_code == 410


async def test_what_a_helper_says_of_a_line_is_shown_as_text(
    team: TestTeam, bob: Member, owner: Visitor, clock: MovedClock
) -> None:
    message = await lose(team, bob, clock)
    team.team.presence.set_status("bob", "blocked", Reason(NOT_REACHED, "100 % of %(it)s <b>refused</b>"))
    for path in ("/agents/bob", "/agents", f"/messages/{message}/receipt"):
        page = (await owner.get(path)).response
        assert (path, page.status_code) == (path, 200)
        assert "100 % of %(it)s &lt;b&gt;refused&lt;/b&gt;" in page.text


async def test_its_reason_is_in_the_readers_language(team: TestTeam, bob: Member, owner: Visitor) -> None:
    team.team.presence.set_status("bob", "blocked", Reason(NOT_REACHED, "its own inbox"))
    page = await owner.get("/agents", **{"Accept-Language": "zh"})
    assert "未送达：其自带的收件箱" in page.response.text


async def test_what_a_helper_says_of_its_line_is_in_the_readers_language(
    team: TestTeam, bob: Member, owner: Visitor
) -> None:
    for why in (*LOCKED_OUT.values(), *FAILURES.values(), QUEUED):
        team.team.presence.set_status("bob", "blocked", Reason(NOT_REACHED, why))
        for path in ("/agents", "/agents/bob"):
            page = await owner.get(path, **{"Accept-Language": "zh"})
            assert "未送达：" in page.response.text
            assert escape(why) not in page.response.text


def test_no_helper_says_a_fixed_sentence_that_no_page_can_translate() -> None:
    for file in Path(waking.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            said = node.value.value if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) else None
            assert not (isinstance(said, str) and " " in said), f"{file.name}: mark({said!r})"


async def test_the_switch_and_quiet_hours_are_for_the_agent_and_managers(
    team: TestTeam, bob: Member, owner: Visitor
) -> None:
    page = await owner.send(await owner.get("/agents/bob"), "/agents/bob/wakes")
    assert "that is switched off" in page.response.text
    page = await owner.send(page, "/agents/bob/wakes")
    assert "no program of it runs with a helper" in page.response.text
    form = await owner.get("/agents/bob/wakes/quiet")
    page = await owner.send(form, "/agents/bob/wakes/quiet", **{"from": "22:00", "until": "07:00"})
    assert "22:00–07:00" in page.response.text
    form = await owner.get("/agents/bob/wakes/quiet")
    wrong = await owner.send(form, "/agents/bob/wakes/quiet", **{"from": "22:00", "until": "22:00"})
    assert "at different times" in wrong.response.text
    await owner.send(form, "/agents/bob/wakes/quiet", none="yes")
    assert (await bob.call("get_wakes", name="bob")).quiet == ""
    ann = await visiting(team, (await team.agent("ann")).key)
    page = await ann.get("/agents/bob")
    assert "/agents/bob/wakes" not in [form.action for form in page.forms]
    assert "Waking" in page.response.text


async def test_a_button_asks_to_be_told_and_takes_it_back(team: TestTeam, bob: Member, owner: Visitor) -> None:
    action = "/agents/bob/notify-when"

    def pressed(text: str) -> list[str]:
        return [what for what in ("idle", "done", "reachable") if f'value="{what}" aria-pressed="true"' in text]

    page = await owner.send(await owner.get("/agents/bob"), action, what="done", always="yes")
    assert pressed(page.response.text) == ["done"]
    assert "each time" in page.response.text
    page = await owner.send(page, action, what="idle")
    assert pressed(page.response.text) == ["idle", "done"]
    page = await owner.send(page, action, what="done")
    assert pressed(page.response.text) == ["idle"]
    page = await owner.send(page, action, what="idle")
    team.team.presence.set_status("bob", "idle")
    page = await owner.send(page, action, what="idle")
    assert "nothing to wait for" in page.response.text
    page = await owner.send(page, action)
    assert pressed(page.response.text) == ["idle"]
    wrong = await owner.send(page, action, what="asleep")
    assert wrong.response.status_code == 400
    assert "what" in wrong.response.text
    assert "Tell me when" not in (await owner.get("/agents/owner")).response.text


async def test_a_message_to_an_agent_that_is_gone_says_so_on_the_page(
    team: TestTeam, bob: Member, owner: Visitor
) -> None:
    await bob.call("get_me")
    team.team.presence.leave("bob", Reason("its program has ended"))
    await team.owner.call("send_dm", recipient="bob", content="hello")
    page = await owner.get("/channels/dm:bob:owner")
    form = page.form("/channels/dm:bob:owner/send")
    answer = await owner.http.post(
        "/channels/dm:bob:owner/send", data={**form.values, "content": "are you there?"}, headers={"X-Fragment": "1"}
    )
    assert "bob is not here now (away: its program has ended)" in answer.text
