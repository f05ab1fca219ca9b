"""Channels: creating, finding, joining, leaving, changing, archiving."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Conflict, Forbidden, Gone, InvalidInput, NotFound
from teammcp.members.directory import Directory
from teammcp.testing import Member, TestTeam


async def listed(member: Member, **arguments: Any) -> list[str]:
    return [channel.id for channel in (await member.call("get_channels", **arguments)).root]


async def members(member: Member, channel: str) -> list[str]:
    names: list[str] = (await member.call("get_channel_members", channel=channel)).members
    return names


async def test_everybody_is_in_general(team: TestTeam) -> None:
    alice = await team.agent("alice")
    assert await listed(alice) == ["general"]
    assert await members(alice, "general") == ["alice", "owner"]
    assert await members(alice, "#general") == ["alice", "owner"]


async def test_creating_over_rest_has_the_established_shape(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("Bob")
    body = {"id": "dev", "name": "Dev", "description": "d", "members": ["bob", "BOB"]}
    answer = await alice.http.post("/api/channels", json=body)
    assert answer.status_code == 201
    assert answer.json().items() >= {
        "id": "dev", "type": "group", "name": "Dev", "description": "d", "created_by": "alice",
    }.items()  # fmt: skip
    assert (await alice.http.get("/api/channels/dev/members")).json() == {"channel": "dev", "members": ["alice", "Bob"]}
    again = await alice.http.post("/api/channels", json={"id": "DEV"})
    assert (again.status_code, again.json()["error"]) == (409, "channel_exists")


async def test_what_makes_no_channel(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("gone")
    await team.owner.call("retire_agent", name="gone")
    for bad in ("", "a b", "dm:alice:bob", "a/b", "..", "#x", "x" * 65, ".hidden", "a\nb"):
        with pytest.raises(InvalidInput, match="id"):
            await alice.call("create_channel", id=bad)
    with pytest.raises(InvalidInput, match="type"):
        await alice.call("create_channel", id="x", type="dm")
    with pytest.raises(NotFound, match="members: there is no member called 'ghost'"):
        await alice.call("create_channel", id="x", members=["ghost"])
    with pytest.raises(Gone, match="members"):
        await alice.call("create_channel", id="x", members=["gone"])
    assert await listed(alice) == ["general"]


async def test_channels_of_any_script(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("create_channel", id="部署-2")
    await alice.call("send_message", channel="部署-2", content="好")
    assert len((await alice.http.get("/api/history", params={"channel": "部署-2"})).json()["messages"]) == 1
    assert (await alice.http.get("/api/channels/部署-2/members")).status_code == 200


async def test_a_channel_and_a_member_may_be_written_as_people_write_them(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("Bob")
    await alice.call("create_channel", id="Dev")
    for reference in ("dev", "#DEV", " #Dev ", "ｄｅｖ"):
        sent = await alice.call("send_message", channel=reference, content="apple", mentions=["@bob"])
        assert (sent.channel, sent.not_members) == ("Dev", ["Bob"])
    assert len((await alice.call("search_messages", query="apple in:#dev")).results) == 4
    assert (await alice.call("send_dm", recipient="@bob", content="x")).channel == "dm:Bob:alice"
    assert (await alice.call("send_message", channel="dm:@Bob", content="x")).channel == "dm:Bob:alice"
    assert (await alice.call("add_channel_member", channel="DEV", agent_name="@bob")).agent == "Bob"


async def test_the_list_shows_what_one_may_read_in_order(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="zoo")
    await alice.call("create_channel", id="Apes")
    await alice.call("create_channel", id="plans", type="topic")
    await alice.call("send_dm", recipient="bob", content="hi")
    assert await listed(alice) == ["Apes", "general", "zoo", "plans", "dm:alice:bob"]
    assert await listed(bob) == ["Apes", "general", "zoo", "dm:alice:bob"]
    assert await listed(team.owner) == ["Apes", "general", "zoo"]
    shown = {channel.id: channel for channel in (await bob.call("get_channels")).root}
    assert (shown["zoo"].member, shown["zoo"].unread) == (False, 0)
    assert (shown["dm:alice:bob"].member, shown["dm:alice:bob"].unread) == (True, 1)
    assert shown["dm:alice:bob"].last_message_at == team.server.clock.now()


async def test_joining_and_leaving_a_group(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="dev")
    await alice.call("send_message", channel="dev", content="before")
    assert (await bob.call("join_channel", channel="dev")).changed
    assert not (await bob.call("join_channel", channel="dev")).changed
    await alice.call("send_message", channel="dev", content="after")
    (found,) = (await bob.call("get_inbox")).channels
    assert [message.content for message in found.messages] == ["after"]
    assert (await bob.call("leave_channel", channel="dev")).changed
    assert not (await bob.call("leave_channel", channel="dev")).changed
    assert (await bob.call("get_inbox")).total_unread == 0
    kinds = [event.kind for event in await team.events() if event.channel == "dev" and event.subject == "bob"]
    assert kinds == ["channel.member_added", "channel.member_removed"]


async def test_who_may_add_and_remove_whom(team: TestTeam) -> None:
    alice, bob, carol = await team.agent("alice"), await team.agent("bob"), await team.agent("carol")
    boss = await team.agent("boss", access="manager")
    await alice.call("create_channel", id="plans", type="topic", members=["bob"])
    assert (await bob.call("add_channel_member", channel="plans", agent_name="CAROL")).agent == "carol"
    with pytest.raises(Forbidden):
        await bob.call("remove_channel_member", channel="plans", agent_name="carol")
    assert (await carol.call("remove_channel_member", channel="plans", agent_name="carol")).changed
    with pytest.raises(NotFound):
        await boss.call("add_channel_member", channel="plans", agent_name="boss")
    await alice.call("add_channel_member", channel="plans", agent_name="boss")
    assert (await boss.call("remove_channel_member", channel="plans", agent_name="bob")).changed
    assert not (await boss.call("remove_channel_member", channel="plans", agent_name="bob")).changed
    assert await members(alice, "plans") == ["alice", "boss"]
    with pytest.raises(NotFound):
        await alice.call("add_channel_member", channel="plans", agent_name="ghost")


async def test_members_over_rest(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("bob")
    await alice.call("create_channel", id="dev")
    added = await alice.http.post("/api/channels/dev/members", json={"agent_name": "bob"})
    assert (added.status_code, added.json()["ok"], added.json()["agent"]) == (200, True, "bob")
    removed = await alice.http.delete("/api/channels/dev/members/bob")
    assert (removed.status_code, removed.json()["changed"]) == (200, True)
    assert (await alice.http.get("/api/channels/nowhere/members")).status_code == 404


async def test_changing_is_for_the_creator_and_managers(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    boss = await team.agent("boss", access="manager")
    await alice.call("create_channel", id="dev", description="old")
    changed = await alice.call("update_channel", channel="dev", name="Development")
    assert (changed.name, changed.description) == ("Development", "old")
    assert (await boss.call("update_channel", channel="dev", description="")).description == ""
    for operation in ("update_channel", "archive_channel"):
        with pytest.raises(Forbidden):
            await bob.call(operation, channel="dev")
    assert [event.kind for event in await team.events("channel.updated")] == ["channel.updated"] * 2


async def test_an_archived_channel_is_readable_and_closed(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("create_channel", id="old")
    await alice.call("send_message", channel="old", content="remember apples")
    await alice.call("archive_channel", channel="old")
    assert await listed(alice) == ["general"]
    assert "old" in await listed(alice, include_archived=True)
    with pytest.raises(Conflict, match="archived"):
        await alice.call("send_message", channel="old", content="x")
    with pytest.raises(Conflict, match="archived"):
        await alice.call("upload_file", channel="old", name="x.txt", content=b"x")
    assert len((await alice.call("get_history", channel="old")).messages) == 1
    assert len((await alice.call("search_messages", query="apples")).results) == 1
    await alice.call("archive_channel", channel="old", archived=False)
    await alice.call("send_message", channel="old", content="back")
    with pytest.raises(Conflict, match="general"):
        await team.owner.call("archive_channel", channel="general")


async def test_a_dm_can_be_opened_before_anything_is_said(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("Bob")
    with pytest.raises(NotFound):
        await alice.call("get_history", channel="dm:bob")
    for member, name in ((alice, "bob"), (bob, "alice")):
        opened = await member.call("open_dm", agent=name)
        assert (opened.id, opened.type, opened.member) == ("dm:Bob:alice", "dm", True)
    assert (await alice.call("get_history", channel="dm:bob")).messages == []
    assert len(await team.events("channel.created")) == 1


async def test_members_and_channels_are_there_after_a_restart(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("bob", role="Tester", access="manager")
    await alice.call("create_channel", id="plans", type="topic", members=["bob"])
    await alice.call("create_channel", id="old")
    await alice.call("archive_channel", channel="old")
    await alice.call("send_dm", recipient="bob", content="hi")
    await team.owner.call("retire_agent", name="bob")
    await team.server.settle()
    before = team.team.directory
    team.team.directory = Directory()
    await team.server.plugins.notify("team_opened", team=team.team)
    after = team.team.directory
    assert vars(after) == vars(before)
