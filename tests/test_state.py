"""Shared state: values and versions, ownership and approval, all-or-nothing, history."""

from __future__ import annotations

from teammcp.testing import TestTeam


async def test_what_is_set_is_there_for_all(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    written = await alice.call("set_state", field="phase", value={"name": "plan", "done": [1, 2.5, None, "é"]})
    assert (written.version, written.created) == (1, True)
    found = (await bob.call("get_state", field="phase")).root
    assert found.value == {"name": "plan", "done": [1, 2.5, None, "é"]}
    assert (found.project_id, found.owner, found.updated_by, found.version) == ("default", "alice", "alice", 1)
    assert (found.approver, found.approval_required, found.subscribers) == (None, False, [])
