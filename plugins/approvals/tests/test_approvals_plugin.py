"""The plugin as a whole: it comes, goes and comes back, and shows nothing to whom it does not concern."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from teammcp_approvals.jobs import expire

from teammcp import Deferred, Forbidden
from teammcp.app import create_app
from teammcp.config import Settings, load_settings
from teammcp.errors import StartError
from teammcp.testing import NO_LIMITS, Member, MovedClock, TestTeam, all_plugins_but, serve


def settings(home: Path, *wanted: str, **more: Any) -> Settings:
    others = all_plugins_but({"theme-base", *wanted})
    return load_settings(**{"home": home, "disabled_plugins": others, **NO_LIMITS, **more})


async def test_it_goes_and_comes_back(tmp_path: Path) -> None:
    clock = MovedClock()
    async with serve(settings(tmp_path, "approvals"), clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        alice, bob = await team.agent("alice"), await team.agent("bob")
        await alice.call("set_state", field="plan", value=1)
        waiting = await bob.call("set_state", field="plan", value=2)
        assert isinstance(waiting, Deferred)
        await team.owner.call("add_approval_rule", operation="send_message", who=["bob"])
        await team.close()
    async with serve(settings(tmp_path), clock) as app:
        team = TestTeam(app, app.server, "default")
        bob = team.member("bob", bob.key)
        with pytest.raises(Forbidden, match="ask alice"):
            await bob.call("set_state", field="plan", value=2)
        await bob.call("send_message", channel="general", content="free")
        await team.close()
    async with serve(settings(tmp_path, "approvals"), clock) as app:
        team = TestTeam(app, app.server, "default")
        alice, bob = team.member("alice", alice.key), team.member("bob", bob.key)
        assert isinstance(await bob.call("send_message", channel="general", content="x"), Deferred)
        await alice.call("resolve_approval", approval_id=waiting.result["approval_id"], approved=True)
        assert (await alice.call("get_state", field="plan")).root.value == 2
        await team.close()


@pytest.mark.parametrize("table", [{"rules": [{"operatoin": "x"}]}, {"expires_minutes": "soon"}])
async def test_no_server_starts_without_the_rules_that_wrong_settings_hold(
    tmp_path: Path, table: dict[str, Any]
) -> None:
    wrong = settings(tmp_path, "approvals", plugins={"approvals": table})
    with pytest.raises(StartError, match="approvals") as caught:
        create_app(wrong, MovedClock())
    assert next(iter(table)) in str(caught.value)
    assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"operation": "send_mesage"}, "no operation"),
        ({"operation": "send_message", "arguments": {"chanel": "x"}}, "no argument"),
        ({"operation": "get_inbox"}, "cannot wait"),
        ({"operation": "send_message", "who": ["agnt"]}, "did you mean 'agent'"),
        ({"operation": "send_message", "approvers": ["Managers"]}, "did you mean 'manager'"),
    ],
)
def test_no_server_starts_with_a_rule_that_holds_nothing(tmp_path: Path, rule: dict[str, Any], message: str) -> None:
    wrong = settings(tmp_path, "approvals", plugins={"approvals": {"rules": [rule]}})
    with pytest.raises(StartError, match=message):
        create_app(wrong, MovedClock())


def test_a_rule_may_name_members_who_are_still_to_come(tmp_path: Path) -> None:
    rule = {"operation": "send_message", "who": ["agent1", "@agnt", "Agnes"], "approvers": ["OWNER", "@managers"]}
    right = settings(tmp_path, "approvals", plugins={"approvals": {"rules": [rule]}})
    create_app(right, MovedClock())


async def test_idle_it_writes_nothing(team: TestTeam) -> None:
    before = await team.events()
    await expire(team.team)
    assert await team.events() == before


async def test_a_task_that_is_done_says_that_its_field_waits(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("set_state", field="phase", value="build")
    task = await bob.call("create_task", title="build it", related_state="phase", target_value="test", assignee="bob")
    done = await bob.call("done_task", task_id=task.task.id)
    assert "approval_id" in done.model_dump_json()
    (waiting,) = (await alice.call("get_pending_approvals")).root
    assert (waiting.proposed_by, waiting.proposed_value) == ("bob", "test")
    await alice.call("resolve_approval", approval_id=waiting.approval_id, approved=True)
    assert (await alice.call("get_state", field="phase")).root.value == "test"


async def test_a_link_by_who_may_not_set_the_field_is_that_members_proposal(team: TestTeam) -> None:
    boss, mallory = await team.agent("boss", access="manager"), await team.agent("mallory")
    await boss.call("set_state", field="release", value="no")
    made = await mallory.call(
        "create_task", title="Water the plants", assignee="boss", related_state="release", target_value="yes"
    )
    done = await boss.call("done_task", task_id=made.task.id)
    assert (done.task.status, done.task.state_pending) == ("done", True)
    (waiting,) = (await boss.call("get_pending_approvals")).root
    assert (waiting.proposed_by, waiting.proposed_value) == ("mallory", "yes")
    assert (await boss.call("get_state", field="release")).root.value == "no"
    await boss.call("resolve_approval", approval_id=waiting.approval_id, approved=True)
    await team.server.settle()
    assert (await boss.call("get_state", field="release")).root.value == "yes"
    assert not (await boss.call("get_task", task_id=made.task.id)).task.state_pending


async def test_to_agree_that_a_task_is_done_is_not_to_agree_to_its_field(team: TestTeam) -> None:
    maria, bob = await team.agent("maria", access="manager"), await team.agent("bob")
    await maria.call("set_state", field="release", value="no")
    made = await bob.call("create_task", title="Water the plants", related_state="release", target_value="yes")
    await team.owner.call("add_approval_rule", operation="done_task", approvers=["maria"])
    waits = await bob.call("done_task", task_id=made.task.id)
    await maria.call("resolve_approval", approval_id=waits.result["approval_id"], approved=True)
    assert (await maria.call("get_task", task_id=made.task.id)).task.state_pending
    assert (await maria.call("get_state", field="release")).root.value == "no"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("rejected", "approval 1 was rejected by alice"),
        ("cancelled", "approval 1 was taken back by bob"),
        ("expired", "nobody decided on approval 1 in time"),
    ],
)
async def test_a_task_whose_field_is_not_to_be_set_says_so_and_waits_no_longer(
    team: TestTeam, clock: MovedClock, end: str, said: str
) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("set_state", field="phase", value="build")
    made = await alice.call("create_task", title="build it", related_state="phase", target_value="x", assignee="bob")
    task_id = made.task.id
    assert (await bob.call("done_task", task_id=task_id)).task.state_pending
    if end == "rejected":
        await alice.call("resolve_approval", approval_id=1, approved=False, comment="not yet")
    elif end == "cancelled":
        await bob.call("cancel_approval", approval_id=1, comment="my mistake")
    else:
        clock.advance(days=8)
        await expire(team.team)
    await team.server.settle()
    task = (await alice.call("get_task", task_id=task_id)).task
    assert (task.status, task.state_pending) == ("done", False)
    entry = (await alice.call("get_task_history", task_id=task_id)).history[-1]
    assert (entry.actor, entry.action) == ("system", "state not set")
    assert entry.comment == f"default.phase is not set: {said}"
    told = await alice.call("get_history", channel="dm:system:alice")
    line = f"Task {task_id} (build it): {entry.comment}"
    assert (line in [message.content for message in told.messages]) is (end != "rejected"), "alice did that herself"


@pytest.fixture
async def private(team: TestTeam) -> list[int]:
    """Approvals of every kind but state, which are none of mallory's business."""
    alice = await team.agent("alice")
    await team.agent("bob")
    await team.owner.call("add_approval_rule", operation="send_dm", approvers=["bob"])
    sent = await alice.call("send_dm", recipient="bob", content="xyzzy")
    asked = await alice.call("request_approval", title="xyzzy", approvers=["bob"])
    prompt = await alice.call("check_permission", tool_name="Bash", input={"command": "xyzzy"})
    return [sent.result["approval_id"], asked.approval_id, prompt.approval_id]


async def test_nobody_else_sees_or_touches_what_is_private(team: TestTeam, private: list[int]) -> None:
    mallory = await team.agent("mallory")
    for number in private:
        for path, body in (
            (f"/api/approvals/{number}", None),
            (f"/api/approvals/{number}/resolve", {"approved": True}),
            (f"/api/state/approvals/{number}/resolve", {"approved": True}),
            (f"/api/approvals/{number}/cancel", {}),
            (f"/api/approvals/{number}/confirm", {}),
            (f"/api/approvals/{number}/delegate", {"to": "owner"}),
        ):
            answer = await (mallory.http.get(path) if body is None else mallory.http.post(path, json=body))
            assert answer.status_code == 404, path
    with pytest.raises(Forbidden, match="by itself"):
        await team.owner.call("expire_approval", approval_id=private[0])
    async with mallory.mcp() as client:
        listed = await client.call_tool("list_approvals", {})
        assert "xyzzy" not in str(listed)
    events = await mallory.http.get("/api/sync", params={"since": 0, "wait_ms": 0})
    assert "xyzzy" not in events.text
    assert "approval.requested" not in events.text


async def notices(member: Member) -> int:
    async with member.mcp() as client:
        result = await client.call_tool("get_me", {})
    return int(result.structured_content.get("unread", {}).get("approvals", 0))


async def test_what_waits_is_noticed_until_it_is_decided(team: TestTeam, private: list[int]) -> None:
    maria = await team.agent("maria", access="manager")
    assert await notices(maria) == 1  # the prompt
    await maria.call("resolve_approval", approval_id=private[2], approved=False)
    assert await notices(maria) == 0
