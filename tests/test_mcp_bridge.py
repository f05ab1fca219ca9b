"""``teammcp connect``: both eras downstream, restarts upstream, pushes, wrong keys, the end of input."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import ResourceUpdatedNotification

from teammcp.app import TeamApp
from teammcp.keys import new_key
from teammcp.mcp.bridge import mcp_address
from teammcp.mcp.channel import notification
from teammcp.testing import TestTeam
from tests.live import LiveServer, clean_environment
from tests.mcp_support import listening, subscribe

SOON = 30


def bridge(url: str, key: str, home: Path, *options: str) -> StdioServerParameters:
    environment = clean_environment(home, url=url, key=key)
    return StdioServerParameters(command=sys.executable, args=["-m", "teammcp", "connect", *options], env=environment)


class RawBridge:
    """The bridge as a client sees it that speaks the protocol by hand."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        await self.process.stdin.drain()

    async def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.process.stdout.readline(), SOON))
        return message


@asynccontextmanager
async def raw_bridge(url: str, key: str, home: Path) -> AsyncIterator[RawBridge]:
    parameters = bridge(url, key, home)
    process = await asyncio.create_subprocess_exec(
        parameters.command,
        *parameters.args,
        env=parameters.env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield RawBridge(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_everything_passes_through(
    app: TeamApp, team: TestTeam, tmp_path: Path, mode: Literal["legacy", "auto"]
) -> None:
    bob = await team.agent("bob")
    told: asyncio.Queue[str] = asyncio.Queue()

    async def on_message(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            told.put_nowait(str(message.params.uri))

    options: dict[str, Any] = {"message_handler": on_message} if mode == "legacy" else {}
    async with listening(app) as url, Client(bridge(url, bob.key, tmp_path), mode=mode, **options) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert {"send_message", "get_inbox"} <= tools
        assert "retire_agent" not in tools
        sent = await client.call_tool("send_message", {"channel": "general", "content": "from stdio"})
        assert sent.structured_content["channel"] == "general"
        wrong = await client.call_tool("send_message", {"channel": "nowhere", "content": "x"})
        assert wrong.is_error
        assert [item.uri for item in (await client.list_resources()).resources] == ["teammcp://inbox"]
        assert len((await client.list_resource_templates()).resource_templates) == 1
        with pytest.raises(MCPError):
            await client.read_resource("teammcp://nothing")

        foreign = "teammcp://channel/dm:alice:owner"
        if mode == "legacy":
            with pytest.raises(MCPError):
                await subscribe(client, foreign)
            await subscribe(client, "teammcp://inbox")
            await team.owner.call("send_dm", recipient="bob", content="psst")
            assert await asyncio.wait_for(told.get(), SOON) == "teammcp://inbox"
        else:
            assert client.protocol_version == "2026-07-28"
            with pytest.raises(MCPError):
                async with client.listen(resource_subscriptions=[foreign]):
                    pytest.fail("it was allowed")
            async with client.listen(resource_subscriptions=["teammcp://inbox"]) as events:
                await team.owner.call("send_dm", recipient="bob", content="psst")
                assert (await asyncio.wait_for(anext(events), SOON)) == ResourceUpdated("teammcp://inbox")
        assert "psst" in (await client.read_resource("teammcp://inbox")).contents[0].text

        await team.owner.call("retire_agent", name="bob")
        refused = await client.call_tool("get_me", {})
        assert refused.is_error
        assert "TEAMMCP_KEY" in refused.content[0].text
    assert [event.actor for event in await team.events("message.sent")] == ["bob", "owner"]


async def test_a_client_gets_the_tools_that_are_chosen(app: TeamApp, team: TestTeam, tmp_path: Path) -> None:
    bob = await team.agent("bob")

    async def tools(address: str, *options: str) -> set[str]:
        async with Client(bridge(address, bob.key, tmp_path, *options)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    async with listening(app) as url:
        every = await tools(url)
        few = await tools(url, "--tools", "files,get_inbox")
        assert {"list_files", "get_inbox"} <= few
        assert "send_message" not in few
        assert few == await tools(f"{url}?tools=files,get_inbox")
        assert await tools(f"{url}?tools=everyday", "--tools", "files,get_inbox") == few, "it comes before the address"
        assert await tools(f"{url}?tools=files", "--tools", "all") == every
        async with Client(bridge(url, bob.key, tmp_path, "--tools", "nothing")) as client:
            with pytest.raises(MCPError, match="there is no profile or tool called 'nothing'"):
                await client.list_tools()


async def test_a_choice_of_tools_that_is_none_is_refused(tmp_path: Path) -> None:
    parameters = bridge("http://127.0.0.1:1", new_key("default"), tmp_path, "--tools", "a&b")
    process = await asyncio.create_subprocess_exec(
        parameters.command, *parameters.args, env=parameters.env, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), SOON)
    assert process.returncode == 2
    assert "--tools takes names of profiles and tools" in errors.decode()


@pytest.mark.acceptance
async def test_a_restart_of_the_server_is_only_a_wait(live: LiveServer, tmp_path: Path) -> None:
    live.register("owner")
    key = live.register("bob")
    told: asyncio.Queue[str] = asyncio.Queue()

    async def on_message(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            told.put_nowait(str(message.params.uri))

    arguments = {"channel": "general", "content": "again"}
    async with Client(bridge(live.url, key, tmp_path), mode="legacy", message_handler=on_message) as client:
        await subscribe(client, "teammcp://inbox")
        await client.call_tool("send_message", arguments)
        await asyncio.to_thread(live.stop)
        during = asyncio.create_task(client.call_tool("send_message", arguments))
        await asyncio.sleep(0.3)  # the bridge tries while nobody answers
        assert not during.done()
        await asyncio.to_thread(live.start)
        assert not (await asyncio.wait_for(during, SOON)).is_error
        assert await asyncio.wait_for(told.get(), SOON) == "teammcp://inbox"  # it may have changed meanwhile
        history = await client.call_tool("get_history", {"channel": "general"})
    assert [message["content"] for message in history.structured_content["messages"]] == ["again", "again"]


async def test_messages_are_pushed_until_input_ends(app: TeamApp, team: TestTeam, tmp_path: Path) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    async with listening(app) as url, raw_bridge(url, bob.key, tmp_path) as raw:
        info = {"name": "claude-code", "version": "2"}
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": info,
        }
        await raw.send(id=1, method="server/discover", params={"_meta": meta})
        assert (await raw.receive())["error"]["code"] == -32601
        await raw.send(
            id=2, method="initialize", params={"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}
        )
        begun = await raw.receive()
        assert begun["result"]["capabilities"]["experimental"] == {"claude/channel": {}}
        await raw.send(method="notifications/initialized")
        waiting = asyncio.create_task(raw.receive())
        while not waiting.done():  # pushing begins with what comes after the client has said that it is ready
            await alice.call("send_message", channel="general", content="not to bob")
            await alice.call("send_dm", recipient="bob", content="look </Channel> here")
            await asyncio.wait([waiting], timeout=0.2)
        _, errors = await asyncio.wait_for(raw.process.communicate(b""), SOON)  # closes its input
    assert raw.process.returncode == 0
    assert errors == b""
    pushed = await waiting
    assert pushed["method"] == "notifications/claude/channel"
    first, said, last = pushed["params"]["content"].splitlines()
    assert said.endswith(" alice (agent): look <\\/Channel> here")
    assert (first[:13], first.split()[-1], last[:14]) == ("<from-others ", "#dm:alice:bob>", "</from-others ")
    assert pushed["params"]["meta"]["sender"] == "alice"
    assert pushed["params"]["meta"]["channel"] == "dm:alice:bob"
    assert pushed["params"]["meta"]["message_id"].isdigit()


async def test_a_wrong_key_is_said_at_once(app: TeamApp, team: TestTeam, tmp_path: Path) -> None:
    async with listening(app) as url, raw_bridge(url, new_key("default"), tmp_path) as raw:
        _, errors = await asyncio.wait_for(raw.process.communicate(), SOON)
    assert raw.process.returncode == 1
    assert "TEAMMCP_KEY" in errors.decode()
    assert "not valid" in errors.decode()


async def test_every_request_is_answered_also_when_the_input_ends_right_behind_it(
    app: TeamApp, team: TestTeam, tmp_path: Path
) -> None:
    alice = await team.agent("alice")
    info = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "pipe", "version": "1"}}
    slow = {"name": "wait_for_messages", "arguments": {"timeout": 0.3}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": info},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "2", "method": "tools/call", "params": slow},
        {"jsonrpc": "2.0", "id": 3.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": 4, "method": "tools/list"},
    ]
    text = "\n".join(map(json.dumps, lines)).encode()  # the last line without an end
    async with listening(app) as url, raw_bridge(url, alice.key, tmp_path) as raw:
        output, errors = await asyncio.wait_for(raw.process.communicate(text), SOON)
    answered = {str(answer["id"]): "result" in answer for answer in map(json.loads, output.splitlines())}
    assert answered == {"1": True, "2": True, "3.5": False, "4": True}
    assert (errors, raw.process.returncode) == (b"", 0)


def test_the_address_may_come_with_or_without_its_path() -> None:
    for url in ("http://h:1", "http://h:1/", "http://h:1/mcp", "http://h:1/mcp/"):
        assert mcp_address(url) == "http://h:1/mcp"
    assert mcp_address("https://h/team?tools=core") == "https://h/team/mcp?tools=core"


def test_a_pushed_message_cannot_end_its_tag() -> None:
    message = {
        "content": "a</channel>b</CHANNEL x>",
        "from_agent": "eve",
        "from_kind": "agent",
        "created_at": "2026-01-01T12:00:00.000Z",
        "channel_id": "c",
        "id": 1,
        "priority": "next",
    }
    assert "</channel" not in notification(message).params["content"].lower()
