"""Whoever sends something that cannot be served gets an answer: at ``/mcp`` in both eras, and from the bridge."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.app import TeamApp
from teammcp.mcp.frames import Malformed, read_message
from teammcp.testing import TestTeam
from tests.mcp_support import ERAS, VERSION, Era, http_client, listening, open_session, rpc, until
from tests.test_mcp_bridge import SOON, raw_bridge

HALF = "half an emoji: \ud83d"
MENDED = "half an emoji: \ufffd"


def line(**parts: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "method": "tools/list", "id": 7, **parts}).encode()


def deep(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * levels + b"1" + closing * levels


REFUSED: list[tuple[bytes, int, Any]] = [
    (b"nonsense", -32700, None),
    (b'{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {', -32700, 7),
    (b'{"id": "a\\u0062c", "params": {"x": NaN}}', -32700, "abc"),
    (b'{"method": "tools/call", "params": {"id": 3', -32700, None),
    (b"[" + line() + b"]", -32600, None),
    (b"5", -32600, None),
    (line(id=None), -32600, None),
    (line(id=1.5), -32600, 1.5),
    (line(id=True), -32600, None),
    (line(id=[1]), -32600, None),
    (line(jsonrpc="1.0"), -32600, 7),
    (line(method=5), -32600, 7),
    (b'{"jsonrpc": "2.0", "method": 5}', -32600, None),
    (b"{}", -32600, None),
    (line(params=[1]), -32602, 7),
    (line(params="x"), -32602, 7),
    *(
        (text, -32600, 7)
        for levels in (60, 190, 2_000, 100_000)
        for kind in ((b"[", b"]"), (b'{"a":', b"}"))
        for text in (
            b'{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":' + deep(levels, *kind) + b"}}",
            b'{"params":{"a":' + deep(levels, *kind) + b'},"method":"x","id":7,"jsonrpc":"2.0"}',
        )
    ),
]
QUIET = [
    b'{"jsonrpc": "1.0", "method": "notifications/initialized"}',
    b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": [1]}',
]


def test_what_cannot_be_served_is_answered_with_its_id() -> None:
    for text, code, request_id in REFUSED:
        with pytest.raises(Malformed) as caught:
            read_message(text)
        assert caught.value.answered, text[:100]
        assert (caught.value.error.error.code, caught.value.error.id) == (code, request_id), text[:100]
    for text in QUIET:  # nobody waits for an answer to a notification
        with pytest.raises(Malformed) as caught:
            read_message(text)
        assert not caught.value.answered, text


def test_what_can_be_served_is_mended() -> None:
    for text, meant in (
        (b"\xef\xbb\xbf" + line(), line()),
        (b"  " + line() + b"\r\n", line()),
        (line(params={"a": HALF, "\ud83d": 1}), line(params={"a": MENDED, "\ufffd": 1})),
        (line(id="\ud83d"), line(id="\ufffd")),
        (line(params={"a": json.loads(deep(32))}), line(params={"a": json.loads(deep(32))})),
    ):
        mended, value = read_message(text)
        assert json.loads(mended) == value == json.loads(meant)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_no_line_is_a_surprise(text: bytes) -> None:
    try:
        read_message(text)
    except Malformed as error:
        json.loads(error.error.model_dump_json())


@pytest.mark.parametrize("era", ERAS)
async def test_at_mcp_too(app: TeamApp, team: TestTeam, era: Era) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url) if era == "legacy" else {"mcp-protocol-version": era}
        headers = {"accept": "application/json, text/event-stream", "content-type": "application/json", **session}
        for text, code, request_id in REFUSED:
            answer = await http.post(url, content=text, headers=headers)
            assert answer.status_code == 400, text[:100]
            assert answer.json()["error"]["code"] == code
            assert answer.json()["id"] == request_id
        for text in QUIET:
            assert (await http.post(url, content=text, headers=headers)).status_code == 400


ME = {"name": "get_me", "arguments": {}}
MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_answers_half_an_emoji_in_words(app: TeamApp, team: TestTeam, era: Era) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url) if era == "legacy" else {"mcp-protocol-version": era}
        headers = {"accept": "application/json, text/event-stream", "content-type": "application/json", **session}

        async def call(method: str, name: str, params: dict[str, Any]) -> Any:
            if era != "legacy":
                headers.update({"mcp-method": method, "mcp-name": name})
                params = {**params, "_meta": MODERN}
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})  # escapes, as JavaScript
            return (await http.post(url, content=body, headers=headers)).json()

        for operation in [each for each in app.server.registry if each.tool]:
            for name, field in operation.arguments.model_fields.items():
                arguments: dict[str, Any] = {field.alias or name: HALF}
                answer = await call("tools/call", operation.name, {"name": operation.name, "arguments": arguments})
                assert "The server failed" not in answer["result"]["content"][0]["text"], operation.name
        sent = await call(
            "tools/call",
            "send_message",
            {
                "name": "send_message",
                "arguments": {"channel": "general", "content": HALF, "metadata": {"\ud83d": [HALF]}},
            },
        )
        assert sent["result"]["isError"] is False
        if era == "legacy":  # in the other one the name stands in a header too
            unknown = await call("tools/call", "", {"name": "\ud83d", "arguments": {}})
            assert "There is no tool called" in unknown["result"]["content"][0]["text"]
    [event] = await team.events("message.sent")
    assert (event.data["content"], event.data["metadata"]) == (MENDED, {"\ufffd": [MENDED]})


async def test_two_calls_with_one_id_are_both_answered(app: TeamApp, team: TestTeam) -> None:
    bob = await team.agent("bob")
    wait = {"name": "wait_for_messages", "arguments": {"timeout": 20}}
    async with listening(app) as url, http_client(bob.key) as http:
        session = await open_session(http, url)
        first = asyncio.create_task(rpc(http, url, "tools/call", wait, session))
        await until(lambda: len(team.team.hub))
        second = await asyncio.wait_for(rpc(http, url, "tools/call", ME, session), SOON)
        await team.owner.call("send_dm", recipient="bob", content="psst")
        answer = await asyncio.wait_for(first, SOON)
        third = await rpc(http, url, "tools/call", ME, session)
    assert second.status_code == 400
    assert "id 1" in second.json()["error"]["message"]
    assert "psst" in answer.text
    assert third.json()["result"]["isError"] is False  # the id is free again


async def test_a_stream_begins_anew_for_a_client_that_asks_for_the_rest_of_another(
    app: TeamApp, team: TestTeam
) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url)
        for last in ("7", "\u00ff", "x" * 500):
            headers = {**session, "accept": "text/event-stream", "last-event-id": last.encode("latin-1")}
            async with http.stream("GET", url, headers=headers) as answer:
                assert answer.status_code == 200
                assert answer.headers["content-type"].startswith("text/event-stream")


async def test_the_bridge_answers_every_line_that_can_be_answered(app: TeamApp, team: TestTeam, tmp_path: Path) -> None:
    info = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    async with listening(app) as url, raw_bridge(url, team.owner.key, tmp_path) as raw:
        assert raw.process.stdin is not None
        raw.process.stdin.write(b"\xef\xbb\xbf" + line(method="initialize", params=info) + b"\n\n")
        assert (await raw.receive())["id"] == 7
        for text in QUIET:
            raw.process.stdin.write(text + b"\n")
        for text, code, request_id in REFUSED:
            raw.process.stdin.write(text + b"\n")
            answer = await raw.receive()
            assert (answer["error"]["code"], answer["id"]) == (code, request_id), text[:100]
        arguments = {"channel": "general", "content": HALF}
        await raw.send(id=8, method="tools/call", params={"name": "send_message", "arguments": arguments})
        assert (await raw.receive())["result"]["isError"] is False
        for _ in range(2):
            await raw.send(id=9, method="tools/call", params={"name": "get_me", "arguments": {}})
        assert [(await raw.receive())["id"] for _ in range(2)] == [9, 9]
        raw.process.stdin.write(b"nonsense")
        raw.process.stdin.close()
        assert (await raw.receive())["error"]["code"] == -32700  # before it ends
        assert await asyncio.wait_for(raw.process.wait(), SOON) == 0
    [event] = await team.events("message.sent")
    assert event.data["content"] == MENDED
