"""What the plugin adds to each surface: described, within bounds, and never a 500."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp.testing import Member, TestTeam

NAMES = {
    "request_approval",
    "get_pending_approvals",
    "resolve_approval",
    "cancel_approval",
    "confirm_approval",
    "list_approvals",
    "get_approval",
    "delegate_approval",
    "delegate_approvals",
    "get_delegation",
    "end_delegation",
    "list_approval_rules",
    "add_approval_rule",
    "add_permission_rule",
    "delete_approval_rule",
    "request_permission",
}


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


async def test_agents_get_the_tools_with_their_profile(team: TestTeam) -> None:
    tools = await team.owner.http.get("/api/openapi.json")
    assert tools.status_code == 200
    async with team.owner.mcp() as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert listed.keys() >= NAMES
    assert "expire_approval" not in listed
    decision = listed["request_permission"].output_schema
    assert set(decision["properties"]) >= {"behavior", "message", "updatedInput"}
    for name in NAMES:
        assert listed[name].annotations.read_only_hint is (name.startswith(("get_", "list_")))


BAD: list[tuple[str, str, Any]] = [
    ("POST", "/api/approvals", {}),
    ("POST", "/api/approvals", {"title": ""}),
    ("POST", "/api/approvals", {"title": "a\nb"}),
    ("POST", "/api/approvals", {"title": "x", "approvers": "owner"}),
    ("POST", "/api/approvals", {"title": "x", "quorum": 99}),
    ("POST", "/api/approvals", {"title": "x", "expires_minutes": 0}),
    ("POST", "/api/approvals", {"title": "x", "details": "\x00"}),
    ("GET", "/api/approvals?limit=0", None),
    ("GET", "/api/approvals?status=odd", None),
    ("GET", "/api/approvals?kind=odd", None),
    ("GET", "/api/approvals/0", None),
    ("GET", "/api/approvals/99999999999999999999999", None),
    ("GET", "/api/approvals/x", None),
    ("POST", "/api/approvals/1/resolve", {}),
    ("POST", "/api/approvals/1/resolve", {"approved": "maybe"}),
    ("POST", "/api/approvals/1/resolve", {"approved": True, "comment": "c" * 2001}),
    ("POST", "/api/approvals/1/delegate", {"to": ""}),
    ("PUT", "/api/approvals/delegation", {"to": "owner", "until": "soon"}),
    ("PUT", "/api/approvals/delegation", {"to": "owner", "until": -(10**30)}),
    ("POST", "/api/permissions", {"tool_name": "x", "input": []}),
    ("POST", "/api/permissions", {"tool_name": "x", "input": {}, "timeout_s": 601}),
    ("POST", "/api/hooks/permission", {"tool_name": "x", "tool_input": {}, "hook_event_name": "Stop"}),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD)
async def test_bad_input_is_named(alice: Member, method: str, path: str, body: Any) -> None:
    answer = await alice.http.request(method, path, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] in {"invalid_input", "bad_body", "bad_json"}


@pytest.mark.parametrize("until", [2**53, 2**62, 1_900_000_000_000])
async def test_a_time_that_is_too_far_away_is_refused(alice: Member, until: int) -> None:
    answer = await alice.http.put("/api/approvals/delegation", json={"to": "owner", "until": until})
    assert answer.status_code == 400, answer.text


async def test_a_repeated_decision_with_its_key_is_made_once(alice: Member, team: TestTeam) -> None:
    asked = await alice.call("request_approval", title="x", approvers=["owner"])
    for _ in range(2):
        answer = await team.owner.http.post(
            f"/api/approvals/{asked.approval_id}/resolve",
            json={"approved": True},
            headers={"Idempotency-Key": "once"},
        )
        assert (answer.status_code, answer.json()["approval_status"]) == (200, "approved")
    assert len(await team.events("approval.decided")) == 1


@pytest.mark.parametrize("text", ["@all", "**x**", "<script>", "'; --", "ünïcödé 中文 🎉", "x" * 200])
async def test_any_text_is_kept_as_it_is(alice: Member, team: TestTeam, text: str) -> None:
    asked = await alice.call("request_approval", title=text, details=text, approvers=["owner"])
    (found,) = (await team.owner.call("get_pending_approvals")).root
    assert (found.approval_id, found.title, found.details) == (asked.approval_id, text, text)
