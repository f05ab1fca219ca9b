"""The server itself as a sender: it can tell, nobody can answer it or be it."""

from __future__ import annotations

import pytest

from teammcp import Forbidden, InvalidInput, NotFound, operations
from teammcp.operations import Context
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """A member that was told something by the server."""
    bob = await team.agent("bob")
    await operations.call(Context.inside(team.team), "send_dm", {"recipient": "bob", "content": "Task 7 is due."})
    return bob


async def test_what_the_server_tells_is_in_the_inbox(bob: Member) -> None:
    (entry,) = (await bob.call("get_inbox")).channels
    assert entry.channel == "dm:bob:system"
    assert [(message.from_agent, message.content) for message in entry.messages] == [("system", "Task 7 is due.")]


async def test_its_page_and_profile_can_be_looked_at(bob: Member, team: TestTeam) -> None:
    assert (await bob.call("get_agent_profile", name="system")).kind == "service"
    await bob.log_in()
    for path in ("/channels/dm:bob:system", "/channels/dm:bob:system?panel=members", "/agents/system"):
        page = await bob.http.get(path)
        assert page.status_code == 200, path
    await team.owner.log_in()
    assert "rotate-key" not in (await team.owner.http.get("/agents/system")).text


async def test_nobody_answers_it(bob: Member) -> None:
    with pytest.raises(Forbidden, match="only tells"):
        await bob.call("send_dm", recipient="system", content="thanks")
    with pytest.raises(NotFound):
        await bob.call("send_message", channel="general", content="hm", mentions=["system"])
    sent = await bob.call("send_message", channel="general", content="thank you @system")
    assert sent.not_members == []


async def test_nobody_is_it(team: TestTeam) -> None:
    with pytest.raises(InvalidInput, match="reserved"):
        await team.agent("System")
    for change in ("rotate_key", "retire_agent", "update_agent_profile"):
        with pytest.raises(Forbidden, match="server itself"):
            await team.owner.call(change, name="system")
    assert "system" not in [agent.name for agent in (await team.owner.call("get_agents", include_retired=True)).root]


async def test_it_mentions_everybody_of_a_channel(team: TestTeam, bob: Member) -> None:
    outside = Context.inside(team.team)
    await operations.call(outside, "send_message", {"channel": "general", "content": "@all: the plan changed"})
    assert (await bob.call("get_inbox")).total_unread == 2
    members = await bob.call("get_channel_members", channel="general")
    assert members.members == ["bob", "owner"]
