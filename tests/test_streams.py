"""Live streams, driven as an ASGI server would: SSE, WebSocket, who sees what, and when a stream ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from teammcp import Context, Gone, InvalidInput, Result, Server, Transaction, Work, hookimpl, operation, operations
from teammcp.events.log import open_hub
from teammcp.surfaces import streams as stream
from teammcp.testing import Member, TestTeam, any_event


class Done(Result):
    """Nothing to say."""


@operation("POST /api/note")
async def note(
    context: Context,
    kind: str = "note.made",
    channel: str | None = None,
    agents: list[str] | None = None,
    size: int = 0,
) -> Work[Done]:
    """Append an event."""

    def work(tx: Transaction) -> Done:
        event = any_event(context.server, kind)(text="x" * size)
        context.emit(tx, event, "x", channel=channel, agents=agents)
        return Done()

    return work


class Notes:
    """Contributes `note`."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [note]


pytestmark = pytest.mark.teammcp(install={"notes": Notes()}, ring_size=16)


class Reader:
    """One client of a stream. It takes what is sent only while it reads, like a socket with no buffer."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ended = False
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)

    async def receive(self) -> dict[str, Any]:
        return await self._incoming.get()

    async def send(self, message: dict[str, Any]) -> None:
        await self._outgoing.put(message)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message = await self._outgoing.get()
        if message["type"].endswith("response.start"):
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        return message

    async def events(self, count: int) -> list[dict[str, Any]]:
        """The next ``count`` events of an SSE stream."""
        text = ""
        while text.count("\ndata: ") < count:
            text += (await self.next()).get("body", b"").decode()
        return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]

    def hang_up(self) -> None:
        self._incoming.put_nowait({"type": "http.disconnect"})
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})


@asynccontextmanager
async def reading(
    team: TestTeam, key: str, query: str = "", path: str = "/api/events", **headers: str
) -> AsyncIterator[Reader]:
    """A client with a stream open."""
    socket = path == "/api/ws"
    reader = Reader()
    if socket:
        reader._incoming.put_nowait({"type": "websocket.connect"})
    else:
        reader._incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    scope = {
        "type": "websocket" if socket else "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"authorization", f"Bearer {key}".encode()),
            *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
        ],
        "client": ("127.0.0.1", 5000),
    }
    app: Callable[..., Any] = team.app
    task = asyncio.create_task(app(scope, reader.receive, reader.send))
    task.add_done_callback(lambda _: setattr(reader, "ended", True))
    try:
        yield reader
    finally:
        reader.hang_up()
        while not task.done():
            await asyncio.sleep(0)
            while not reader._outgoing.empty():
                reader._outgoing.get_nowait()
        await task


async def settled(server: Server) -> None:
    """Let tasks that are ready run."""
    for _ in range(20):
        await asyncio.sleep(0)
    await server.settle()


async def test_an_event_arrives_with_its_id_kind_and_data(team: TestTeam) -> None:
    async with reading(team, team.owner.key, "kinds=note.*") as reader:
        await reader.next()
        assert (await reader.next())["body"] == stream.OPENING  # before there is any event
        assert (reader.status, reader.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        await team.owner.call("note")
        frame = (await reader.next())["body"].decode()
    [event] = await team.events("note.made")
    assert frame == f"id: {event.cursor}\nevent: note.made\ndata: {event.json}\n\n"
    assert json.loads(event.json).keys() == {"id", "at", "kind", "actor", "subject", "data"}


async def test_events_that_are_ready_come_together(team: TestTeam) -> None:
    for _ in range(10):
        await team.owner.call("note")
    async with reading(team, team.owner.key, "since=0&kinds=note.made") as reader:
        await reader.next(), await reader.next()
        assert (await reader.next())["body"].count(b"\nevent: note.made\n") == 10


@pytest.mark.parametrize("how", ["query", "header"])
async def test_a_stream_resumes_where_it_broke_off(team: TestTeam, how: str) -> None:
    for _ in range(5):
        await team.owner.call("note")
    events = await team.events("note.made")
    after = str(events[1].id)
    query, headers = ("since=0", {"last_event_id": after}) if how == "header" else (f"since={after}", {})
    async with reading(team, team.owner.key, f"{query}&kinds=note.made", **headers) as reader:
        assert [event["id"] for event in await reader.events(3)] == [event.id for event in events[2:]]


async def test_what_has_left_the_ring_comes_from_the_log(team: TestTeam) -> None:
    for _ in range(100):  # the ring holds 16 to 32
        await team.owner.call("note")
    async with reading(team, team.owner.key, "since=0&kinds=note.made") as reader:
        ids = [event["id"] for event in await reader.events(100)]
    assert ids == sorted(set(ids))
    assert len(ids) == 100


async def test_a_reader_that_does_not_read_holds_up_nobody_and_loses_nothing(team: TestTeam) -> None:
    async with reading(team, team.owner.key, "kinds=note.made") as slow, reading(team, team.owner.key) as quick:
        await slow.next(), await quick.next()
        for _ in range(50):
            await team.owner.call("note", size=3000)
            assert (await quick.events(1))[0]["kind"] in {"note.made", "agent.online"}
        assert len(await slow.events(50)) == 50


async def test_a_chunk_is_bounded(team: TestTeam) -> None:
    for _ in range(12):
        await team.owner.call("note", size=20_000)
    async with reading(team, team.owner.key, "since=0&kinds=note.made") as reader:
        await reader.next(), await reader.next()
        sizes = [len((await reader.next())["body"]) for _ in range(3)]
    assert max(sizes) < stream.CHUNK + 25_000


class TestAudience:
    async def test_kinds_are_names_or_prefixes(self, team: TestTeam) -> None:
        async with reading(team, team.owner.key, "kinds=a.one,b.*&kinds=c") as reader:
            await reader.next(), await reader.next()
            for kind in ("a.two", "a.one", "b", "b.x", "b.y.z", "bb.x", "c", "c.d"):
                await team.owner.call("note", kind=kind)
            assert [event["kind"] for event in await reader.events(4)] == ["a.one", "b.x", "b.y.z", "c"]

    async def test_events_for_others_are_not_seen(self, team: TestTeam) -> None:
        alice = await team.agent("alice")
        async with reading(team, alice.key, "kinds=note.*") as reader:
            await reader.next(), await reader.next()
            await team.owner.call("note", kind="note.owner", agents=["owner"])
            await team.owner.call("note", kind="note.alice", agents=["alice"])
            await team.owner.call("note", kind="note.nowhere", channel="nowhere")
            await team.owner.call("note", kind="note.general", channel="general")
            assert [event["kind"] for event in await reader.events(2)] == ["note.alice", "note.general"]

    async def test_membership_counts_as_it_is_at_delivery(self, team: TestTeam) -> None:
        alice = await team.agent("alice")
        await team.owner.call("create_channel", id="secret", type="topic")
        async with reading(team, alice.key, "kinds=note.*") as reader:
            await reader.next(), await reader.next()
            await team.owner.call("note", kind="note.before", channel="secret")
            await team.owner.call("add_channel_member", channel="secret", agent_name="alice")
            await team.owner.call("note", kind="note.during", channel="secret")
            assert [event["kind"] for event in await reader.events(1)] == ["note.during"]
            await team.owner.call("remove_channel_member", channel="secret", agent_name="alice")
            await team.owner.call("note", kind="note.after", channel="secret")
            await team.owner.call("note", kind="note.public")
            assert [event["kind"] for event in await reader.events(1)] == ["note.public"]

    def test_absurd_kinds_are_refused(self) -> None:
        for kinds in (["A.b"], ["a*"], ["*.a"], [""], ["a b"], ["a"] * 51):
            with pytest.raises(InvalidInput):
                stream.check_kinds(kinds)


class TestEnds:
    async def test_it_ends_when_the_key_is_replaced(self, team: TestTeam) -> None:
        alice = await team.agent("alice")
        async with reading(team, alice.key) as reader:
            await reader.next(), await reader.next()
            await team.owner.call("rotate_key", name="alice")
            await self._end(reader)

    async def test_it_ends_when_the_agent_is_retired(self, team: TestTeam) -> None:
        alice = await team.agent("alice")
        async with reading(team, alice.key) as reader:
            await reader.next(), await reader.next()
            await team.owner.call("retire_agent", name="alice")
            await self._end(reader)

    async def test_it_ends_when_the_server_stops(self, team: TestTeam, server: Server) -> None:
        async with reading(team, team.owner.key) as reader:
            await reader.next(), await reader.next()
            server.end_streams()
            await self._end(reader)

    async def test_a_client_that_goes_away_is_forgotten(self, team: TestTeam, server: Server) -> None:
        for path in ("/api/events", "/api/ws"):
            before = len(team.team.hub)
            async with reading(team, team.owner.key, path=path) as reader:
                await reader.next()
                await settled(server)
                assert len(team.team.hub) == before + 1
            assert len(team.team.hub) == before

    async def test_a_client_that_goes_away_in_the_middle_is_forgotten(self, team: TestTeam, server: Server) -> None:
        for _ in range(30):
            await team.owner.call("note", size=20_000)
        async with reading(team, team.owner.key, "since=0") as reader:
            await reader.next(), await reader.next()  # and the rest is stuck
        await settled(server)
        assert len(team.team.hub) == 0

    async def _end(self, reader: Reader) -> None:
        while (message := await reader.next()).get("more_body"):
            assert b"key_rotated" not in message["body"]
        assert message == {"type": "http.response.body", "body": b""}


@pytest.mark.teammcp(away_timeout=30)
async def test_a_stream_keeps_its_agent_online(team: TestTeam, clock: Any) -> None:
    alice = await team.agent("alice")
    async with reading(team, alice.key) as reader:
        await reader.next(), await reader.next()
        clock.advance(hours=1)
        team.team.presence.sweep()
        assert team.team.presence.online("alice")
    clock.advance(seconds=31)
    team.team.presence.sweep()
    assert not team.team.presence.online("alice")


async def test_an_idle_stream_shows_that_it_lives(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE", 0.01)
    async with reading(team, team.owner.key, "kinds=nothing.*") as reader:
        await reader.next(), await reader.next()
        assert (await reader.next())["body"] == stream.COMMENT


@pytest.mark.parametrize("path", ["/api/events", "/api/ws"])
async def test_a_wrong_request_is_a_problem_before_the_stream(team: TestTeam, path: str) -> None:
    cases = [
        (team.owner.key, "since=x", 400),
        (team.owner.key, "since=-1", 400),
        (team.owner.key, "since=99999999999999999999", 400),
        (team.owner.key, "kinds=A", 400),
        (team.owner.key, "nope=1", 400),
        (team.owner.key, "token=x", 400),
        ("tmcp_default_wrong", "", 401),
    ]
    for key, query, status in cases:
        async with reading(team, key, query, path) as reader:
            await reader.next()
            assert reader.status == status, query
            assert reader.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/events", "/api/ws"])
async def test_a_stream_that_would_resume_from_what_was_pruned_is_refused(team: TestTeam, path: str) -> None:
    for _ in range(40):
        await team.owner.call("note")
    log = team.team.log
    await team.team.database.write(lambda tx: log.prune(tx, 5))
    async with reading(team, team.owner.key, "since=2", path) as reader:
        await reader.next()
        assert reader.status == 410
    with pytest.raises(Gone, match="up to 5"):
        await team.owner.call("sync", since=2)
    assert (await team.owner.call("sync", since=0)).events[0]["id"] == 6
    hub = await open_hub(team.team.database, 16)
    assert hub.pruned == 5  # as the next start finds it


async def test_a_cursor_of_the_future_is_told_and_does_not_jump_to_now(team: TestTeam) -> None:
    answer = await team.owner.http.get("/api/events", params={"since": 999_999})
    assert (answer.status_code, answer.json()["error"]) == (410, "log_restored")
    await team.owner.call("note")
    async with reading(team, team.owner.key, f"since={answer.json()['since']}&kinds=note.*") as reader:
        await reader.next(), await reader.next()
        assert len(await reader.events(1)) == 1


class TestWebSocket:
    async def test_it_sends_the_same_frames(self, team: TestTeam) -> None:
        async with reading(team, team.owner.key, "kinds=note.*", "/api/ws") as reader:
            assert (await reader.next())["type"] == "websocket.accept"
            await team.owner.call("note")
            frame = await reader.next()
        [event] = await team.events("note.made")
        assert frame == {"type": "websocket.send", "text": event.frame}

    async def test_it_says_why_it_ends(self, team: TestTeam) -> None:
        alice = await team.agent("alice")
        async with reading(team, alice.key, "kinds=agent.retired,agent.key_rotated", "/api/ws") as reader:
            await reader.next()
            await team.owner.call("rotate_key", name="alice")
            closing = await reader.next()
        assert (closing["type"], closing["code"]) == ("websocket.close", 1008)

    async def test_a_page_of_another_site_opens_none(self, team: TestTeam) -> None:
        async with reading(team, team.owner.key, "", "/api/ws", origin="https://evil.example") as reader:
            await reader.next()
            assert reader.status == 403


async def test_pages_get_the_same_stream_as_a_response(team: TestTeam) -> None:
    alice: Member = await team.agent("alice")
    context = operations.enter(team.server, alice.key, "page", "127.0.0.1")
    response = stream.sse_response(context, kinds=["note.*"])
    assert response.timeout is None
    chunks = stream.sse(context, team.team.hub.last_id, ["note.*"], lambda: stream.actor_is_valid(context))
    assert await anext(chunks) == stream.OPENING
    waiting = asyncio.ensure_future(anext(chunks))
    await settled(team.server)
    await team.owner.call("note")
    assert b"note.made" in await waiting
    waiting = asyncio.ensure_future(anext(chunks))
    await settled(team.server)
    await team.owner.call("retire_agent", name="alice")
    await team.owner.call("note")
    with pytest.raises(StopAsyncIteration):
        await waiting
