"""Resources over MCP: reading them, following them in both protocol eras, and who may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceUpdatedNotification

from teammcp.app import TeamApp
from teammcp.mcp import following
from teammcp.mcp.server import McpSurface
from teammcp.operations import enter
from teammcp.testing import Member, TestTeam
from tests.mcp_support import (
    ERAS,
    Era,
    http_client,
    listening,
    mcp_client,
    open_session,
    rpc,
    subscribe,
    until,
)

each_era = pytest.mark.parametrize("era", ERAS)
SOON = 5
"""Seconds after which something that should come at once counts as missing."""


class Watcher:
    """A client that follows resources, whatever the era: each URI that is told of goes into a queue."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.client: Client

    async def next(self) -> str:
        return await asyncio.wait_for(self.told.get(), SOON)


@asynccontextmanager
async def watching(url: str, member: Member, era: Era, *uris: str) -> AsyncIterator[Watcher]:
    watcher = Watcher()

    async def on_message(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            watcher.told.put_nowait(str(message.params.uri))

    async with AsyncExitStack() as stack:
        watcher.client = await stack.enter_async_context(
            mcp_client(url, member.key, era, message_handler=on_message if era == "legacy" else None)
        )
        if era == "legacy":
            for uri in uris:
                await subscribe(watcher.client, uri)
        else:
            events = await stack.enter_async_context(watcher.client.listen(resource_subscriptions=uris))

            async def pump() -> None:
                async for event in events:
                    watcher.told.put_nowait(event.uri)

            task = asyncio.create_task(pump())
            stack.callback(task.cancel)
        yield watcher


def text_of(result: Any) -> str:
    return str(result.contents[0].text)


@each_era
async def test_resources_are_listed_and_read(app: TeamApp, team: TestTeam, era: Era) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("send_dm", recipient="bob", content="the door is open")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        listed = [item.uri for item in (await client.list_resources()).resources]
        templates = [item.uri_template for item in (await client.list_resource_templates()).resource_templates]
        inbox = text_of(await client.read_resource("teammcp://inbox"))
        channel = text_of(await client.read_resource("teammcp://channel/dm:alice:bob"))
    assert listed == ["teammcp://inbox"]
    assert templates == ["teammcp://channel/{id}"]
    assert "the door is open" in inbox
    assert "the door is open" in channel


@each_era
async def test_what_is_not_there_or_not_yours_cannot_be_read(app: TeamApp, team: TestTeam, era: Era) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("send_dm", recipient="owner", content="about bob")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        for uri in (
            "teammcp://channel/dm:alice:owner",
            "teammcp://channel/nowhere",
            "teammcp://x",
            "file:///etc/passwd",
        ):
            with pytest.raises(MCPError) as refused:
                await client.read_resource(uri)
            assert refused.value.error.code == -32602
            assert "about bob" not in str(refused.value)


@each_era
async def test_followers_hear_of_changes(app: TeamApp, team: TestTeam, era: Era) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    async with (
        listening(app) as url,
        watching(url, bob, era, "teammcp://inbox", "teammcp://channel/general") as watcher,
    ):
        await bob.call("send_message", channel="general", content="to all")
        assert await watcher.next() == "teammcp://channel/general"  # one's own message is no news in the inbox
        await alice.call("send_dm", recipient="bob", content="psst")
        assert await watcher.next() == "teammcp://inbox"
        assert "psst" in text_of(await watcher.client.read_resource("teammcp://inbox"))
        assert watcher.told.empty()


@each_era
async def test_a_foreign_channel_cannot_be_followed(app: TeamApp, team: TestTeam, era: Era) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("send_dm", recipient="owner", content="about bob")
    async with listening(app) as url:
        for uri in ("teammcp://channel/dm:alice:owner", "teammcp://channel/nowhere", "teammcp://x"):
            with pytest.raises(BaseException) as caught:  # a group of it, from the client's tasks
                async with watching(url, bob, era, uri):
                    pytest.fail("it was allowed")
            assert "MCPError" in repr(caught.value) or isinstance(caught.value, MCPError)


@each_era
async def test_who_leaves_a_channel_hears_no_more_of_it(app: TeamApp, team: TestTeam, era: Era) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="plans", type="topic", members=["bob"])
    uris = ("teammcp://channel/plans", "teammcp://channel/general")
    async with listening(app) as url, watching(url, bob, era, *uris) as watcher:
        await alice.call("send_message", channel="plans", content="one")
        assert await watcher.next() == "teammcp://channel/plans"
        await alice.call("remove_channel_member", channel="plans", agent_name="bob")
        await alice.call("send_message", channel="plans", content="two")
        await alice.call("send_message", channel="general", content="three")
        assert await watcher.next() == "teammcp://channel/general"


@each_era
async def test_a_replaced_key_ends_following(app: TeamApp, team: TestTeam, era: Era) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, watching(url, bob, era, "teammcp://channel/general") as watcher:
        assert len(team.team.hub) == 1
        await bob.call("rotate_key", name="bob")
        await team.owner.call("send_message", channel="general", content="hello")
        await until(lambda: not len(team.team.hub))
        assert watcher.told.empty()


async def test_unsubscribing_and_closing_end_following(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url)
        for method in ("resources/subscribe", "resources/subscribe", "resources/unsubscribe"):
            answer = await rpc(http, url, method, {"uri": "teammcp://inbox"}, session)
            assert answer.status_code == 200
        assert len(team.team.hub) == 1
        await http.delete(url, headers=session)
        await until(lambda: not len(team.team.hub))


async def test_nobody_follows_without_end(app: TeamApp, team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MAX_TARGETS", 1)
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url)
        first, second = [
            (await rpc(http, url, "resources/subscribe", {"uri": uri}, session)).text
            for uri in ("teammcp://inbox", "teammcp://channel/general")
        ]
    assert "error" not in first
    assert "At most 1" in second


class StuckConnection:
    """A session whose client does not read: telling it waits until it does."""

    has_standalone_channel = True

    def __init__(self) -> None:
        self.exit_stack = AsyncExitStack()
        self.told: list[str] = []
        self.reads = asyncio.Event()

    async def send_resource_updated(self, uri: str) -> None:
        self.told.append(uri)
        await self.reads.wait()


async def test_a_client_that_does_not_read_holds_up_nobody(app: TeamApp, team: TestTeam) -> None:
    uri = "teammcp://channel/general"
    surface: McpSurface = app.extensions["mcp"].surface
    stuck = StuckConnection()
    ctx: Any = SimpleNamespace(session=SimpleNamespace(_connection=stuck))
    bob = await team.agent("bob")
    context = enter(team.server, bob.key, "mcp", "")
    follower = surface._sessions.open(ctx, lambda: following.Follower(context, lambda: True))
    follower.add(surface._resources.find(uri))
    async with listening(app) as url, watching(url, team.owner, "2026-07-28", uri) as watcher:
        for number in range(10):
            await asyncio.wait_for(bob.call("send_message", channel="general", content=f"number {number}"), SOON)
            assert await watcher.next() == uri
        assert stuck.told == [uri]
        stuck.reads.set()
        await until(lambda: len(stuck.told) > 1)
        await bob.call("send_message", channel="general", content="the last one")
        await until(lambda: len(stuck.told) > 2)
        assert stuck.told == [uri] * 3  # the nine messages of its absence were told in one go
    await stuck.exit_stack.aclose()
    assert not len(team.team.hub)
