"""Handed over is not received: what its reader gives no sign of comes again, marked as such, and receipts tell both."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from teammcp.app import TeamApp
from teammcp.config import Settings
from teammcp.members.readers import LINGER, Line, Reader
from teammcp.testing import Member, MovedClock, TestTeam, serve
from tests.mcp_support import ERAS, Era, http_client, listening, mcp_client, message, open_session, rpc, until
from tests.test_mcp_bridge import bridge

MODERN = "2026-07-28"


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def write(alice: Member, text: str = "Look.") -> int:
    sent: int = (await alice.call("send_dm", recipient="bob", content=text)).id
    return sent


async def receipt(alice: Member, sent: int) -> Any:
    [recipient] = (await alice.call("get_receipt", message_id=sent)).recipients
    return recipient


async def state(alice: Member, sent: int) -> tuple[str, str | None, str | None]:
    found = await receipt(alice, sent)
    return found.state, found.handed_over_by, found.offered_by


def line(app: TeamApp, member: Member, port: int) -> httpx2.AsyncClient:
    """Another connection of a member's."""
    transport = httpx2.ASGITransport(app, client=("127.0.0.1", port))  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {member.key}"}
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)


async def waited(http: httpx2.AsyncClient, timeout: float = 0, **headers: str) -> tuple[list[int], list[int]]:
    """What a wait hands over, and which of it for another time."""
    answer = await http.post("/api/wait", json={"timeout": timeout}, headers=headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [each["id"] for each in found["messages"]], found["again"]


# -- the two steps ---------------------------------------------------------------------------------------------------


async def test_a_message_is_handed_over_and_then_offered_by_the_next_call(
    alice: Member, bob: Member, clock: MovedClock
) -> None:
    sent = await write(alice)
    assert await state(alice, sent) == ("stored", None, None)
    assert await waited(bob.http) == ([sent], [])
    handed_at = clock.now()
    assert await state(alice, sent) == ("handed_over", "wait", None)
    clock.advance(minutes=20)
    await bob.http.get("/api/me")
    found = await receipt(alice, sent)
    assert (found.state, found.handed_over_by, found.offered_by) == ("offered", "wait", "wait")
    assert (found.handed_over_at, found.offered_at) == (handed_at, clock.now())
    assert await waited(bob.http) == ([], [])


async def test_what_nobody_gives_a_sign_of_comes_again_once_for_each_reader(
    app: TeamApp, alice: Member, bob: Member, clock: MovedClock
) -> None:
    sent = await write(alice)
    async with line(app, bob, 1) as one, line(app, bob, 2) as two:
        first, second = {"TeamMCP-Reader": "one"}, {"TeamMCP-Reader": "two"}
        assert await waited(one, **first) == ([sent], [])
        assert await waited(two, **second) == ([], [])  # in good time
        clock.advance(seconds=31)
        assert await waited(two, **second) == ([sent], [sent])
        for _ in range(5):
            clock.advance(minutes=1)
            assert (await waited(one, **first))[0] + (await waited(two, **second))[0] in ([sent], [sent, sent], [])
        clock.advance(minutes=1)
        assert (await waited(one, **first), await waited(two, **second)) == (([], []), ([], []))
        assert await waited(one, **{"TeamMCP-Reader": "three"}) == ([sent], [sent])
    assert (await bob.call("get_inbox")).total_unread == 1
    assert (await state(alice, sent))[0] == "read"


async def test_a_repeated_message_is_marked_for_the_model(
    app: TeamApp, alice: Member, bob: Member, clock: MovedClock
) -> None:
    await write(alice)
    assert "(again" not in await hook(bob.http, "PostToolUse", "first")
    clock.advance(seconds=31)
    async with line(app, bob, 2) as two:
        assert "(again, since it may not have reached you) #dm:alice:bob" in await hook(two, "PostToolUse", "second")


async def test_a_wait_goes_on_until_what_was_lost_may_come_again(
    app: TeamApp, alice: Member, bob: Member, clock: MovedClock
) -> None:
    sent = await write(alice)
    async with line(app, bob, 1) as one, line(app, bob, 2) as two:
        assert await waited(one) == ([sent], [])
        retried = asyncio.create_task(waited(two, timeout=20))  # the same call again, its answer being lost
        await asyncio.sleep(0.1)
        assert not retried.done()
        clock.advance(seconds=2)
        assert await asyncio.wait_for(retried, 10) == ([sent], [sent])


async def test_what_was_read_answered_or_confirmed_by_whomever_comes_no_more(
    app: TeamApp, alice: Member, bob: Member, clock: MovedClock
) -> None:
    by_reading, by_saying, lost = await write(alice), await write(alice), await write(alice)
    async with line(app, bob, 1) as one:
        assert (await waited(one, **{"TeamMCP-Reader": "one"}))[0] == [by_reading, by_saying, lost]
    said = await bob.http.post("/api/received", json={"message_ids": [by_saying, 10**9]})
    assert said.json() == {"message_ids": [by_saying]}
    await bob.http.get("/api/me", headers={"TeamMCP-Received": f"{by_reading}"})
    clock.advance(seconds=31)
    assert await waited(bob.http) == ([lost], [lost])


@pytest.mark.parametrize("value", ["x", "1;2", "-1", "1,,2", ",".join(["1"] * 501)])
async def test_a_malformed_word_of_what_has_arrived_is_refused(bob: Member, value: str) -> None:
    answer = await bob.http.get("/api/me", headers={"TeamMCP-Received": value})
    assert (answer.status_code, "TeamMCP-Received" in answer.json()["detail"]) == (400, True)
    answer = await bob.http.get("/api/me", headers={"TeamMCP-Reader": "two words"})
    assert (answer.status_code, "TeamMCP-Reader" in answer.json()["detail"]) == (400, True)


async def test_nobody_confirms_what_was_handed_to_somebody_else(team: TestTeam, alice: Member, bob: Member) -> None:
    sent, carol = await write(alice), await team.agent("carol")
    await waited(bob.http)
    assert (await carol.http.post("/api/received", json={"message_ids": [sent]})).json() == {"message_ids": []}
    assert (await state(alice, sent))[0] == "handed_over"
    unread = await write(alice)
    assert (await bob.http.post("/api/received", json={"message_ids": [unread]})).json() == {"message_ids": []}


async def test_whoever_is_still_at_work_keeps_its_message(
    app: TeamApp, alice: Member, bob: Member, clock: MovedClock
) -> None:
    sent = await write(alice)
    async with line(app, bob, 1) as one, line(app, bob, 2) as two:
        mine = {"TeamMCP-Reader": "one"}
        assert await waited(one, **mine) == ([sent], [])
        for _ in range(4):
            clock.advance(seconds=20)
            held = await one.post("/api/held", json={"message_ids": [sent]}, headers=mine)
            assert held.json() == {"message_ids": [sent]}
            assert (await two.post("/api/held", json={"message_ids": [sent]})).json() == {"message_ids": []}
            begins = {"hook_event_name": "SessionStart", "source": "startup", "session_id": "s"}
            await two.post("/api/hooks/claude", json=begins)
            prompted = {**begins, "hook_event_name": "UserPromptSubmit"}
            assert "Look." not in (await two.post("/api/hooks/claude", json=prompted)).text
        clock.advance(seconds=31)
        assert await waited(two) == ([sent], [sent])


async def test_what_was_handed_over_before_a_restart_comes_again(settings: Settings, clock: MovedClock) -> None:
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        alice, bob = await team.agent("alice"), await team.agent("bob")
        sent = await write(alice)
        assert await waited(bob.http) == ([sent], [])
        await team.close()
    clock.advance(seconds=1)
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        bob = team.member("bob", bob.key)
        assert await waited(bob.http) == ([sent], [sent])
        assert await waited(bob.http) == ([], [])
        assert (await state(team.member("alice", alice.key), sent))[0] == "offered"
        await team.close()


async def test_waiting_in_vain_writes_nothing(
    team: TestTeam, alice: Member, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(alice)
    await waited(bob.http)
    await waited(bob.http)

    async def refuse(*_: object) -> None:
        pytest.fail("it wrote")

    monkeypatch.setattr(team.team.signs, "_arrived", refuse)
    for event in ("PostToolUse", "Stop"):
        await bob.http.post("/api/hooks/claude", json={"hook_event_name": event})
    await waited(bob.http)


# -- hooks -----------------------------------------------------------------------------------------------------------


async def hook(http: httpx2.AsyncClient, event: str, session: str = "s", program: str = "claude", **more: Any) -> str:
    body = {"hook_event_name": event, "session_id": session, **more}
    return (await http.post(f"/api/hooks/{program}", json=body)).text


@pytest.mark.parametrize("program", ["claude", "codex"])
async def test_the_next_hook_of_the_same_session_is_a_sign(
    app: TeamApp, alice: Member, bob: Member, clock: MovedClock, program: str
) -> None:
    sent = await write(alice)
    async with line(app, bob, 1) as one, line(app, bob, 2) as two:
        assert "Look." in await hook(one, "PostToolUse", program=program)
        assert await hook(two, "PostToolUse", "other", program) == "{}"
        assert (await state(alice, sent))[0] == "handed_over"
        assert await hook(two, "PostToolUse", program=program) == "{}"
        assert await state(alice, sent) == ("offered", "hook", "hook")


async def test_a_session_that_begins_is_told_what_no_earlier_one_gave_a_sign_of(
    app: TeamApp, alice: Member, bob: Member
) -> None:
    await write(alice)
    async with line(app, bob, 1) as one, line(app, bob, 2) as two:
        assert "Look." in await hook(one, "Stop", "first")
        await hook(two, "SessionStart", "second", source="compact")
        assert "Look." not in await hook(two, "UserPromptSubmit", "second")
        assert "Look." not in await hook(two, "SessionStart", "second", source="startup")
        assert "Look." not in await hook(two, "UserPromptSubmit", "third")
        assert "(again" in await hook(two, "UserPromptSubmit", "second")


async def test_the_end_of_a_session_gives_back_what_it_gave_no_sign_of(
    app: TeamApp, team: TestTeam, alice: Member, bob: Member
) -> None:
    sent = await write(alice)
    async with line(app, bob, 1) as one, line(app, bob, 2) as two:
        assert "Look." in await hook(one, "UserPromptSubmit", "first")
        [answered] = team.team.signs._answered["bob"]
        answered.line = Line.watched()
        answered.line.end(broken=True)
        await hook(two, "SessionEnd", "first")
        await team.server.settle()
        assert (await state(alice, sent))[0] == "handed_over"  # it may have read it all the same
        assert await waited(two) == ([sent], [sent])


async def test_a_tool_that_a_hook_tells_the_result_of_has_handed_over_its_messages(
    app: TeamApp, team: TestTeam, alice: Member, bob: Member
) -> None:
    sent = await write(alice)
    async with listening(app) as url, http_client(bob.key) as http, line(app, bob, 9) as other:
        headers = await open_session(http, url)
        params = {"name": "wait_for_messages", "arguments": {}, "_meta": {"claudecode/toolUseId": "toolu_1"}}
        await rpc(http, url, "tools/call", params, headers)
        await hook(other, "PostToolUse", tool_use_id="toolu_2", tool_name="mcp__teammcp__wait_for_messages")
        assert (await state(alice, sent))[0] == "handed_over"
        await hook(other, "PostToolUse", tool_use_id="toolu_1", tool_name="mcp__teammcp__wait_for_messages")
        assert await state(alice, sent) == ("offered", "wait", "wait")


# -- MCP -------------------------------------------------------------------------------------------------------------


async def call_tool(
    http: httpx2.AsyncClient, url: str, headers: dict[str, str], name: str = "wait_for_messages", **arguments: Any
) -> dict[str, Any]:
    """A tool's structured content: in a session with these headers, or without one."""
    params: dict[str, Any] = {"name": name, "arguments": arguments}
    if "mcp-session-id" not in headers:
        headers = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": name, **headers}
        prefix = "io.modelcontextprotocol"
        params["_meta"] = {f"{prefix}/protocolVersion": MODERN, f"{prefix}/clientCapabilities": {}}
    found: dict[str, Any] = message(await rpc(http, url, "tools/call", params, headers))["result"]
    return found


@pytest.mark.parametrize("session", [True, False])
async def test_a_wait_whose_client_hangs_up_hands_over_nothing(
    app: TeamApp, team: TestTeam, alice: Member, bob: Member, session: bool
) -> None:
    async with listening(app) as url, http_client(bob.key) as http, http_client(bob.key) as other:
        headers = await open_session(http, url) if session else {}
        waiting = asyncio.create_task(call_tool(http, url, headers, timeout=60))
        await until(lambda: len(team.team.hub))
        waiting.cancel()
        with suppress(asyncio.CancelledError, httpx2.HTTPError):
            await waiting
        await until(lambda: not len(team.team.hub))
        sent = await write(alice)
        assert await state(alice, sent) == ("stored", None, None)
        found = await call_tool(other, url, headers, timeout=0)
        assert [each["id"] for each in found["structuredContent"]["messages"]] == [sent]
        assert found["structuredContent"]["again"] == []


@pytest.mark.parametrize("era", ERAS)
async def test_the_next_call_of_a_program_is_a_sign(app: TeamApp, alice: Member, bob: Member, era: Era) -> None:
    sent = await write(alice)
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        found = await client.call_tool("wait_for_messages", {"timeout": 0})
        assert "Look." in str(found.content)
        assert (await state(alice, sent))[0] == "handed_over"
        await client.list_tools()
        await client.call_tool("get_me", {})
        assert await state(alice, sent) == ("offered", "wait", "wait")
        assert "Look." not in str((await client.call_tool("wait_for_messages", {"timeout": 0})).content)


async def test_the_call_of_another_session_is_no_sign(
    app: TeamApp, team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    sent = await write(alice)
    async with listening(app) as url, http_client(bob.key) as http, http_client(bob.key) as other:
        one, two = await open_session(http, url), await open_session(other, url)
        await call_tool(http, url, one, timeout=0)
        await call_tool(other, url, two, "get_me")
        assert (await state(alice, sent))[0] == "handed_over"
        await http.delete(url, headers=one)  # the program ends in due form, and has given no sign
        await team.server.settle()
        assert (await state(alice, sent))[0] == "handed_over"
        assert (await call_tool(other, url, two, timeout=0))["structuredContent"]["again"] == [sent]


async def test_a_call_that_is_given_up_has_handed_over_nothing(
    app: TeamApp, team: TestTeam, alice: Member, bob: Member
) -> None:
    sent = await write(alice)
    async with listening(app) as url, http_client(bob.key) as http:
        session = await open_session(http, url)
        await http.post(
            url,
            json={"jsonrpc": "2.0", "method": "notifications/initialized"},
            headers={"accept": "application/json, text/event-stream", **session},
        )
        await call_tool(http, url, session, timeout=0)
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        await http.post(url, json=cancelled, headers={"accept": "application/json, text/event-stream", **session})
        await until(lambda: not team.team.signs._answered)
        await team.server.settle()
        assert await state(alice, sent) == ("stored", None, None)
        found = await call_tool(http, url, session, timeout=0)
        assert [each["id"] for each in found["structuredContent"]["messages"]] == [sent]


async def test_programs_without_sessions_are_known_by_how_they_began(app: TeamApp, alice: Member, bob: Member) -> None:
    prefix = "io.modelcontextprotocol"
    meta = {f"{prefix}/protocolVersion": MODERN, f"{prefix}/clientCapabilities": {}}
    headers = {"mcp-protocol-version": MODERN, "mcp-method": "server/discover"}
    sent = await write(alice)
    clients = [http_client(bob.key) for _ in range(3)]
    async with listening(app) as url, clients[0] as one, clients[1] as two, clients[2] as new:
        for each in (one, two):
            await rpc(each, url, "server/discover", {"_meta": meta}, headers)
        await call_tool(one, url, {}, timeout=0)
        await call_tool(two, url, {}, "get_me")
        assert (await state(alice, sent))[0] == "handed_over"
        await call_tool(one, url, {}, "get_me")
        assert (await state(alice, sent))[0] == "offered"
        sent = await write(alice)
        await rpc(one, url, "server/discover", {"_meta": meta}, headers)
        await call_tool(one, url, {}, timeout=0)
        await call_tool(new, url, {}, "get_me")  # of the program that began last, for all that is known
        assert (await state(alice, sent))[0] == "offered"


async def test_the_bridge_says_what_has_arrived_when_its_client_goes_on(
    app: TeamApp, alice: Member, bob: Member, tmp_path: Any
) -> None:
    from mcp import Client

    sent = await write(alice)
    async with listening(app) as url, Client(bridge(url.removesuffix("/mcp"), bob.key, tmp_path)) as client:
        assert "Look." in str((await client.call_tool("wait_for_messages", {"timeout": 0})).content)
        await client.list_tools()
        assert (await state(alice, sent))[0] == "handed_over"
        await client.call_tool("get_me", {})
        assert await state(alice, sent) == ("offered", "wait", "wait")


async def test_a_result_says_beside_its_text_what_it_hands_over(app: TeamApp, alice: Member, bob: Member) -> None:
    sent = await write(alice)
    async with listening(app) as url, http_client(bob.key) as http:
        found = await call_tool(http, url, {}, timeout=0)
        assert found["_meta"]["teammcp/handed"] == [sent]
        assert "teammcp/handed" not in json.dumps(await call_tool(http, url, {}, timeout=0))
    sent = await write(alice)
    answer = await bob.http.post("/api/wait", json={"timeout": 0})
    assert answer.headers["TeamMCP-Handed"] == str(sent)


# -- connections -----------------------------------------------------------------------------------------------------


def test_a_connection_that_is_dropped_behind_an_answer_may_not_have_carried_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("teammcp.members.readers.time.monotonic", lambda: now)
    for after, broken, tells, shown in (
        (None, False, False, True),
        (0.1, False, False, False),
        (0.1, False, True, True),
        (0.1, True, True, False),
        (LINGER, False, False, True),
        (LINGER, True, False, False),
    ):
        now = 1000.0
        first = Reader("p", Line.watched(), program=True, tells=tells, answered_at=now)
        if after is not None:
            now += after
            first.line.end(broken=broken)
        assert first.is_shown_by(Reader("p", Line.watched(), program=True)) is shown, (after, broken, tells)
        assert not first.is_shown_by(Reader("q", Line.watched(), program=True))
        assert not Reader("p", first.line, confirms=True).is_shown_by(first)
