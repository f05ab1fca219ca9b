"""The pages of approvals, used as people without JavaScript use them."""

from __future__ import annotations

import re

import pytest

from teammcp import Deferred
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def owner(team: TestTeam) -> Member:
    await team.owner.log_in()
    return team.owner


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    bob = await team.agent("bob", kind="human")
    await bob.log_in()
    return bob


async def propose(owner: Member, bob: Member, value: object = "his <b>") -> int:
    await owner.call("set_state", field="plan", value="first")
    deferred = await bob.call("set_state", field="plan", value=value, reason="better <i>")
    assert isinstance(deferred, Deferred)
    return int(deferred.result["approval_id"])


async def shown(member: Member, path: str) -> str:
    answer = await member.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def badge(page: str) -> str:
    found = re.search(r'id="waiting-approvals"[^>]*>(.*?)</a>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


async def test_what_waits_is_shown_with_value_reason_and_difference(owner: Member, bob: Member) -> None:
    assert "Nothing waits for your approval" in await shown(owner, "/approvals")
    assert badge(await shown(owner, "/inbox")) == ""
    number = await propose(owner, bob)
    page = await shown(owner, "/approvals")
    for part in ("better &lt;i&gt;", "Set plan in project default", "his &lt;b&gt;", 'class="line line-removed"'):
        assert part in page
    assert badge(page) == "1 for you"
    assert "Set plan in project default" in await shown(owner, "/inbox")
    answer = await owner.submit(f"/approvals/{number}/resolve", approved="yes", comment="well done", next="/approvals")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/approvals")
    assert (await bob.call("get_state", field="plan")).root.value == "his <b>"
    page = await shown(bob, f"/approvals/{number}")
    assert "well done" in page
    assert "What came of it" in page
    assert badge(await shown(owner, "/approvals")) == ""


@pytest.mark.parametrize("value", [["no"] * 300 + ["the end"], ["no"] * 3000 + ["the end"], "no " * 600 + "the end"])
async def test_nobody_decides_on_what_is_cut_off(owner: Member, bob: Member, value: object) -> None:
    number = await propose(owner, bob, value)
    for path in ("/approvals", f"/approvals/{number}"):
        page = await shown(owner, path)
        assert "The whole value" in page
        assert "the end" in page


async def test_a_short_value_is_shown_once(owner: Member, bob: Member) -> None:
    await propose(owner, bob, {"a": 1})
    assert "The whole value" not in await shown(owner, "/approvals")


async def test_two_decide_and_the_second_is_told(owner: Member, bob: Member, team: TestTeam) -> None:
    number = await propose(owner, bob)
    await owner.submit(f"/approvals/{number}/resolve", approved="no")
    late = await owner.submit(f"/approvals/{number}/resolve", approved="yes")
    assert late.status_code == 409
    assert "rejected already, by owner" in late.text
    assert (await bob.call("get_state", field="plan")).root.value == "first"


async def test_a_field_that_moved_is_said_and_confirmed(owner: Member, bob: Member) -> None:
    number = await propose(owner, bob)
    await owner.call("set_state", field="plan", value="second")
    assert "has changed since this was proposed" in await shown(owner, "/approvals")
    told = await owner.submit(f"/approvals/{number}/resolve", approved="yes")
    assert "has to confirm it first" in told.text
    assert "I still want it" in await shown(bob, "/approvals")
    assert (await bob.submit(f"/approvals/{number}/confirm", next="/approvals")).status_code == 303
    await owner.submit(f"/approvals/{number}/resolve", approved="yes")
    assert (await bob.call("get_state", field="plan")).root.value == "his <b>"


async def test_one_takes_back_or_lets_others_decide(owner: Member, bob: Member, team: TestTeam) -> None:
    carol = await team.agent("carol", kind="human")
    await carol.log_in()
    number = await propose(owner, bob)
    assert (await owner.submit(f"/approvals/{number}/delegate", to="carol")).status_code == 303
    assert "Set plan in project default" in await shown(carol, "/approvals")
    wrong = await owner.submit(f"/approvals/{number}/delegate", to="bob")
    assert (wrong.status_code, "nobody approves their own" in wrong.text) == (403, True)
    assert (await bob.submit(f"/approvals/{number}/cancel")).status_code == 303
    assert "taken back" in await shown(bob, "/approvals/history?status=cancelled&kind=state&proposed_by=bob")
    alone = await bob.http.get("/approvals/history", headers={"X-Fragment": "rows"})
    assert (alone.status_code, "taken back" in alone.text) == (200, True)
    assert "There are no such approvals" in await shown(bob, "/approvals/history?status=failed")
    assert (await bob.http.get("/approvals/history?status=nonsense")).status_code == 400
    await owner.submit("/approvals/away", to="carol", days="7")
    assert "carol decides for you until" in await shown(owner, "/approvals")
    await owner.submit("/approvals/away", end="yes")
    assert (await owner.submit("/approvals/away", to="nobody")).status_code == 404


async def test_a_request_is_asked_on_a_page(owner: Member, bob: Member) -> None:
    wrong = await bob.submit("/approvals/new", title="Deploy", approvers="bob", details="x", quorum="1")
    assert (wrong.status_code, 'value="Deploy"' in wrong.text) == (400, True)
    asked = await bob.submit("/approvals/new", title="Deploy", approvers="owner", details="**tonight**", quorum="1")
    assert asked.status_code == 303
    assert "<strong>tonight</strong>" in await shown(owner, asked.headers["Location"])


async def test_owners_make_rules_and_others_read_them(owner: Member, bob: Member) -> None:
    form = {"operation": "send_message", "arguments": "channel = general\n", "who": "agent, bob", "approvers": "owner"}
    assert (await owner.submit("/approvals/rules/operation", **form, hours="2", quorum="1")).status_code == 303
    rule = {"tool": "Bash", "input": "command = git status*", "decision": "allow"}
    assert (await owner.submit("/approvals/rules/permission", **rule)).status_code == 303
    page = await shown(bob, "/approvals/rules")
    alone = await bob.http.get("/approvals/rules", headers={"X-Fragment": "listed"})
    assert (alone.status_code, "made by owner" in alone.text) == (200, True)
    assert "channel = general" in page
    assert "New rule" not in page
    assert isinstance(await bob.call("send_message", channel="general", content="x"), Deferred)
    for wrong in ({**form, "arguments": "channel"}, {**form, "operation": "nothing"}, {**form, "quorum": "many"}):
        answer = await owner.submit("/approvals/rules/operation", **wrong)
        assert answer.status_code == 400, wrong
        assert 'value="agent, bob"' in answer.text
    assert (await bob.submit("/approvals/rules/permission", **rule)).status_code == 403
    assert (await owner.submit("/approvals/rules/1/delete")).status_code == 303
    assert (await owner.submit("/approvals/rules/1/delete")).status_code == 404
    assert "<code>channel = general" not in await shown(owner, "/approvals/rules")


async def test_every_kind_of_approval_has_a_page(owner: Member, bob: Member, team: TestTeam) -> None:
    await propose(owner, bob, {"a": [1, 2]})
    await owner.call("set_state", field="date", value=1)
    await bob.call("conclude_state", conclusions=[{"field": "plan", "value": 1}, {"field": "date", "value": 2}])
    await bob.call("delete_state", field="date")
    await bob.call("set_state", field="date", value=3, owner="bob")
    await owner.call("add_approval_rule", operation="send_message")
    await bob.call("send_message", channel="general", content="hello")
    await bob.call("check_permission", tool_name="Bash", input={"command": "make"})
    await bob.call("check_permission", tool_name="Bash", input={"command": "rm -rf /"})
    found = (await owner.call("list_approvals")).root
    assert len(found) == 7
    for each in found:
        title = each.title if each.kind != "state" else "in project" if "set" in each.operation else "Delete date"
        page = await shown(owner, f"/approvals/{each.approval_id}")
        assert title in page or "Set several fields" in page
        assert each.text()
    for path in ("/approvals", "/approvals/history", "/inbox"):
        await shown(owner, path)
    assert (await bob.http.get("/approvals/99")).status_code == 404


async def test_a_form_without_an_answer_decides_nothing(team: TestTeam) -> None:
    bob = await team.agent("bob")
    asked = await bob.call("request_approval", title="x", approvers=["owner"])
    await team.owner.log_in()
    answer = await team.owner.submit(f"/approvals/{asked.approval_id}/resolve", comment="well")
    assert answer.status_code == 400
    assert (await bob.call("get_approval", approval_id=asked.approval_id)).status == "pending"


async def test_a_page_whose_change_has_to_wait_says_so_instead_of_going_on(owner: Member, bob: Member) -> None:
    sent = await owner.call("send_message", channel="general", content="look")
    await owner.call("add_approval_rule", operation="pin_message", approvers=["owner"])
    answer = await bob.submit(f"/messages/{sent.id}/pin")
    assert answer.status_code == 202
    assert "This waits for approval." in answer.text
    assert (await bob.call("get_pinned_messages", channel_id="general")).pins == []
    assert [each.operation for each in (await owner.call("get_pending_approvals")).root] == ["pin_message"]
