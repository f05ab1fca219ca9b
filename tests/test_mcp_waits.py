"""Tool calls that take long: their connection shows life, and a client that hangs up ends its call."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from teammcp.app import TeamApp
from teammcp.http.connection import SignsOfLife, WhileConnected
from teammcp.testing import TestTeam
from tests.mcp_support import ERAS, Era, http_client, listening, mcp_client, open_session, until

MODERN = "2026-07-28"
WAIT = {"name": "wait_for_messages", "arguments": {"timeout": 60}}


def request_of(headers: dict[str, str]) -> dict[str, Any]:
    """What to send to wait for messages: in a session with these headers, or without one."""
    params: dict[str, Any] = dict(WAIT)
    if not headers:
        headers = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "wait_for_messages"}
        prefix = "io.modelcontextprotocol"
        params["_meta"] = {f"{prefix}/protocolVersion": MODERN, f"{prefix}/clientCapabilities": {}}
    return {
        "json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
        "headers": {"accept": "application/json, text/event-stream", **headers},
    }


@pytest.mark.parametrize("session", [True, False])
async def test_a_slow_answer_shows_signs_of_life(
    app: TeamApp, team: TestTeam, monkeypatch: pytest.MonkeyPatch, session: bool
) -> None:
    monkeypatch.setattr(SignsOfLife, "INTERVAL", 0.01)
    bob = await team.agent("bob")
    async with listening(app) as url, http_client(bob.key) as http:
        headers = await open_session(http, url) if session else {}
        async with http.stream("POST", url, **request_of(headers)) as answer:
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
            text = answer.aiter_text()
            assert await anext(text) == " "
            await team.owner.call("send_dm", recipient="bob", content="hello")
            result = json.loads("".join([part async for part in text]))["result"]
    assert "hello" in json.dumps(result["structuredContent"])


@pytest.mark.parametrize("era", ERAS)
async def test_the_sdk_reads_a_slow_answer(
    app: TeamApp, team: TestTeam, monkeypatch: pytest.MonkeyPatch, era: Era
) -> None:
    monkeypatch.setattr(SignsOfLife, "INTERVAL", 0)
    bob = await team.agent("bob")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        call = asyncio.create_task(client.call_tool(WAIT["name"], WAIT["arguments"]))
        await until(lambda: len(team.team.hub))
        await team.owner.call("send_dm", recipient="bob", content="hello")
        assert "hello" in str((await call).content)


async def test_a_client_that_hangs_up_ends_its_call(
    app: TeamApp, team: TestTeam, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(WhileConnected, "LOOK_AFTER", 0)
    bob = await team.agent("bob")
    async with listening(app) as url, http_client(bob.key) as http:
        call = asyncio.create_task(http.post(url, **request_of({})))
        await until(lambda: len(team.team.hub))
        call.cancel()
        with suppress(asyncio.CancelledError, httpx2.HTTPError):
            await call
        await until(lambda: not len(team.team.hub))
    assert not caplog.records
