"""Who is served at ``/mcp``: keys, sessions, lost sessions, bodies, and the end of it all."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from teammcp.app import TeamApp
from teammcp.keys import new_key
from teammcp.mcp import McpMount, sessions
from teammcp.mcp.server import McpSurface
from teammcp.testing import TestTeam
from tests.mcp_support import (
    ERAS,
    VERSION,
    Era,
    http_client,
    listening,
    mcp_client,
    message,
    open_session,
    rpc,
    subscribe,
    until,
)

SEND = {"name": "send_message", "arguments": {"channel": "general", "content": "hello"}}


async def test_a_wrong_key_is_told_what_is_wrong(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url:
        for headers, code in (
            ({}, "missing_key"),
            ({"authorization": f"Bearer {new_key('default')}"}, "unauthorized"),
            ({"authorization": "Basic eDp5"}, "missing_key"),
        ):
            async with http_client("") as http:
                http.headers.pop("authorization")
                answer = await rpc(http, url, "initialize", {}, headers)
            assert answer.status_code == 401
            assert answer.json()["error"] == code
            assert answer.json()["detail"]
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("era", ERAS)
async def test_a_key_stops_working_within_a_session(app: TeamApp, team: TestTeam, era: Era) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        assert not (await client.call_tool("get_me", {})).is_error
        await team.owner.call("retire_agent", name="bob")
        with pytest.raises(Exception, match="error response"):
            await client.call_tool("get_me", {})


async def test_a_session_of_somebody_else_is_not_found(app: TeamApp, team: TestTeam) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, http_client(team.owner.key) as owner, http_client(bob.key) as thief:
        session = await open_session(owner, url)
        assert (await rpc(thief, url, "tools/call", SEND, session)).status_code == 404
        assert (await thief.delete(url, headers=session)).status_code == 404
        assert (await rpc(owner, url, "tools/call", SEND, session)).status_code == 200
    [event] = await team.events("message.sent")
    assert event.actor == "owner"


async def test_a_call_of_a_lost_session_is_served_all_the_same(app: TeamApp, team: TestTeam) -> None:
    lost = {"mcp-session-id": "f" * 32, "mcp-protocol-version": VERSION}
    bob = await team.agent("bob")
    async with listening(app) as url, http_client(bob.key) as http:
        called = await rpc(http, url, "tools/call", SEND, lost)
        subscribed = await rpc(http, url, "resources/subscribe", {"uri": "teammcp://inbox"}, lost)
        stream = await http.get(url, headers={**lost, "accept": "text/event-stream"})
    assert message(called)["result"]["isError"] is False
    assert "Initialize a new one" in message(subscribed)["error"]["message"]
    assert stream.status_code == 404
    [event] = await team.events("message.sent")
    assert event.actor == "bob"


async def test_an_ended_session_stays_ended(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        session = await open_session(http, url)
        assert (await http.delete(url, headers=session)).status_code == 200
        assert (await rpc(http, url, "tools/call", SEND, session)).status_code == 404


async def test_a_second_stream_takes_over_from_the_first(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        headers = {**await open_session(http, url), "accept": "text/event-stream"}
        async with http.stream("GET", url, headers=headers) as first:
            assert first.status_code == 200
            async with http.stream("GET", url, headers=headers) as second:
                assert second.status_code == 200
                assert [chunk async for chunk in first.aiter_bytes()] == []


async def test_an_open_stream_keeps_its_agent_online(app: TeamApp, team: TestTeam, clock: Any) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, http_client(bob.key) as http:
        headers = {**await open_session(http, url), "accept": "text/event-stream"}
        async with http.stream("GET", url, headers=headers):
            clock.advance(minutes=5)
            team.team.presence.sweep()
            assert team.team.presence.online("bob")
        await until(lambda: not team.team.presence._known["bob"].streams)
        clock.advance(minutes=11)
        team.team.presence.sweep()
        assert not team.team.presence.online("bob")


@pytest.mark.parametrize(
    ("in_due_form", "expected"), [(True, "away: closed its connection"), (False, "dead: its connection broke off")]
)
async def test_how_a_connection_ends_is_told_apart(
    app: TeamApp, team: TestTeam, clock: Any, in_due_form: bool, expected: str
) -> None:
    bob = await team.agent("bob")
    await bob.call("claude_hook", hook_event_name="Stop")
    async with listening(app) as url, http_client(bob.key) as http:
        headers = {**await open_session(http, url), "accept": "text/event-stream"}
        async with http.stream("GET", url, headers=headers):
            await until(lambda: bool(team.team.presence._known["bob"].streams))
            if in_due_form:
                await http.delete(url, headers=headers)
        await until(lambda: not team.team.presence._known["bob"].streams)
        clock.advance(seconds=31)
        team.team.presence.sweep()
        found = await team.owner.call("get_agent_profile", name="bob")
        assert f"{found.status}: {found.reason}" == expected


async def test_the_oldest_sessions_of_an_agent_make_room(
    app: TeamApp, team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SESSIONS_PER_AGENT", 2)
    bob = await team.agent("bob")
    async with listening(app) as url, http_client(team.owner.key) as http, http_client(bob.key) as other:
        bobs = await open_session(other, url)
        oldest, *others = [await open_session(http, url) for _ in range(3)]
        for session in others:
            assert (await http.get(url, headers={**session, "accept": "application/json"})).status_code == 406
        assert (await http.get(url, headers={**oldest, "accept": "text/event-stream"})).status_code == 404
        assert (await rpc(other, url, "ping", {}, bobs)).status_code == 200


async def test_an_idle_session_ends(app: TeamApp, team: TestTeam) -> None:
    manager = sessions.SessionManager(app.extensions["mcp"].surface.protocol, idle=0.05)
    async with manager.run(), listening(app) as url, http_client(team.owner.key) as http:
        surface = app.extensions["mcp"].surface
        surface._manager, kept = manager, surface._manager
        session = await open_session(http, url)
        stream = {**session, "accept": "text/event-stream"}
        answers = []
        for pause in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2):  # each question lets it live on, and nobody tells of its end
            await asyncio.sleep(pause)
            answers.append((await http.head(url, headers=stream)).status_code)
            if answers[-1] == 404:
                break
        assert answers[-1] == 404, answers
        surface._manager = kept


async def test_bad_bodies_are_refused(app: TeamApp, team: TestTeam) -> None:
    modern = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    bodies = [b"", b"{", b"\xff\xfe", b"[]", b"7", b"[" * 100_000, b'{"jsonrpc":"2.0"}', b'{"id":{}}']
    async with listening(app) as url, http_client(team.owner.key) as http:
        for version in ({}, modern):
            for body in bodies:
                answer = await http.post(url, content=body, headers={**accept, **version})
                assert 400 <= answer.status_code < 500, body[:20]
        large = await http.post(url, content=b" " * (sessions.BODY_LIMIT + 1), headers=accept)
        assert large.status_code == 413
        assert (await http.put(url, json={})).status_code == 405


async def test_other_hosts_and_origins_are_refused(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        assert (await rpc(http, url, "ping", {}, {"host": "evil.example"})).status_code == 421
        assert (await rpc(http, url, "ping", {}, {"origin": "http://evil.example"})).status_code == 403


async def test_a_stop_ends_streams_and_sessions_at_once(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, AsyncExitStack() as stack:
        legacy, modern = [await stack.enter_async_context(mcp_client(url, team.owner.key, era)) for era in ERAS]
        await subscribe(legacy, "teammcp://inbox")
        async with modern.listen(resource_subscriptions=["teammcp://inbox"]) as events:
            started = time.monotonic()
            await app.end_streams()
            assert [event async for event in events] == []  # it ended, and was not lost
        assert time.monotonic() - started < 2  # without waiting for anything
        async with http_client(team.owner.key) as http:
            assert (await rpc(http, url, "ping", {})).status_code == 503


async def test_who_comes_while_the_sdk_is_imported_waits_for_it(app: TeamApp, team: TestTeam) -> None:
    place = McpMount(team.server)
    serving = asynccontextmanager(place.serve)()
    async with serving:
        answered: list[Any] = []

        async def send(message: Any) -> None:
            answered.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "headers": []}
        await place.wrap(app.asgi_app)(scope, receive, send)  # type: ignore[arg-type]
        assert answered[0]["status"] == 401  # the surface itself has answered


class BrokenMount(McpMount):
    @property
    def surface(self) -> McpSurface:  # type: ignore[override]
        raise ImportError("no SDK")


async def test_without_mcp_the_rest_is_served(team: TestTeam) -> None:
    place = BrokenMount(team.server)
    async with asynccontextmanager(place.serve)():
        assert place._serving is not None
        await asyncio.wait([place._serving])
        answered: list[Any] = []

        async def send(message: Any) -> None:
            answered.append(message)

        await place.wrap(team.app.asgi_app)({"type": "http", "path": "/mcp"}, None, send)  # type: ignore[arg-type]
        assert answered[0]["status"] == 503
        assert (await team.client().get("/api/health")).status_code == 200
