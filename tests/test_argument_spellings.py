"""An argument that has a second spelling is taken by both, on every surface, and never by both at once."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import InvalidInput, operation
from teammcp.app import TeamApp
from teammcp.testing import TestTeam
from tests.mcp_support import listening, mcp_client

CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("send_message", {"channel": "general", "content": "Yes.", "reply_to": 1}, "replyTo"),
    ("send_dm", {"to": "ann", "content": "Yes."}, "recipient"),
    ("edit_message", {"message_id": 1, "content": "No."}, "id"),
    ("delete_message", {"message_id": 1}, "id"),
    ("get_pinned_messages", {"channel": "general"}, "channel_id"),
    ("add_channel_member", {"channel": "plans", "agent": "ann"}, "agent_name"),
    ("remove_channel_member", {"channel": "plans", "agent": "bob"}, "agent_name"),
]


async def prepared(team: TestTeam) -> None:
    await team.agent("ann")
    bob = await team.agent("bob")
    await team.owner.call("send_message", channel="general", content="Shall we?")
    await team.owner.call("create_channel", id="plans", type="topic")
    await team.owner.call("add_channel_member", channel="plans", agent_name=bob.name)


@pytest.mark.parametrize(("name", "arguments", "own"), CALLS, ids=lambda value: value if isinstance(value, str) else "")
async def test_each_spelling_is_taken_by_every_surface(
    app: TeamApp, team: TestTeam, name: str, arguments: dict[str, Any], own: str
) -> None:
    await prepared(team)
    answer = await team.owner.http.post(f"/api/call/{name}", json=arguments)
    assert answer.status_code == 200, answer.text
    async with listening(app) as url, mcp_client(url, team.owner.key, "legacy") as client:
        result = await client.call_tool(name, arguments)
    if name != "delete_message":  # it is gone already
        assert not result.is_error, result


@pytest.mark.parametrize(("name", "arguments", "own"), CALLS, ids=lambda value: value if isinstance(value, str) else "")
async def test_both_spellings_at_once_are_refused(
    team: TestTeam, name: str, arguments: dict[str, Any], own: str
) -> None:
    await prepared(team)
    spelling = next(key for key in arguments if key in team.app.server.registry.get(name).also)
    with pytest.raises(InvalidInput, match=f"{spelling}: is another name of {own}"):
        await team.owner.call(name, **arguments, **{own: arguments[spelling]})


def test_a_spelling_of_nothing_is_a_mistake_of_the_author() -> None:
    with pytest.raises(ValueError, match="no other spelling"):

        @operation("GET /api/x", read_only=True, also={"that": "this"})
        async def read_x(context: object, those: int) -> TestTeam:
            """Read it."""
            raise NotImplementedError
