"""WebSockets of plugins: opened by members or by whoever the plugin lets in, ended with their right and the server."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from teammcp import Access, Forbidden, Server, WebSocket, WebSocketClosed, WebSocketRoute, hookimpl
from teammcp.application import TeamApp
from teammcp.config import Settings
from teammcp.http.websocket_client import SocketClient, SocketEnded, SocketRefused
from teammcp.routes import sockets
from teammcp.surfaces import websockets
from teammcp.testing import MovedClock, TestTeam, serve


class Talk:
    """Contributes WebSockets, and notes what becomes of their views."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.kept = asyncio.Event()

    async def echo(self, socket: WebSocket, room: str) -> None:
        await socket.send(f"{socket.context.actor.name} in {room}")
        async for message in socket:
            await socket.send(message)
        self.ended.append("echo")

    async def guarded(self, socket: WebSocket) -> None:
        if socket.query.get("ticket") != "right":
            raise Forbidden("The ticket is not right.", code="wrong_ticket")
        await socket.accept()
        sent = await socket.context_in("default").call("send_message", channel="general", content="opened")
        await socket.send(str(sent.id))
        try:
            await socket.receive()
        except WebSocketClosed:
            self.ended.append("guarded")
            raise

    async def known(self, socket: WebSocket) -> None:
        socket.known()
        async for message in socket:
            await socket.send(message)

    async def deaf(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.ended.append("deaf")

    async def broken(self, socket: WebSocket, when: str) -> None:
        if when == "late":
            await socket.send("hello")
        raise RuntimeError("broken")

    async def quitting(self, socket: WebSocket) -> None:
        await socket.accept()
        socket.close(4001, "enough é")

    @hookimpl
    def register_routes(self) -> list[WebSocketRoute]:
        return [
            WebSocketRoute("/echo/{room}", self.echo, max_message=10),
            WebSocketRoute("/owners", self.deaf, Access.owner),
            WebSocketRoute("/guarded", self.guarded, None),
            WebSocketRoute("/known", self.known, None),
            WebSocketRoute("/deaf", self.deaf, None),
            WebSocketRoute("/broken/{when}", self.broken, None),
            WebSocketRoute("/quitting", self.quitting, None),
        ]


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
async def app(settings: Settings, clock: MovedClock, talk: Talk) -> Any:
    async with serve(settings, clock, {"talk": talk}) as app:
        yield app


async def ending(socket: SocketClient) -> tuple[int, str]:
    with pytest.raises(SocketEnded) as ended:
        await socket.receive()
    return ended.value.code, ended.value.reason


async def refusal(socket: SocketClient) -> tuple[int, str]:
    with pytest.raises(SocketRefused) as refused:
        await socket.__aenter__()
    return refused.value.status, refused.value.problem["error"]


async def test_a_member_talks_by_its_key_and_a_person_by_the_session_of_its_page(team: TestTeam, talk: Talk) -> None:
    alice = await team.agent("alice")
    async with team.websocket("/hooks/talk/echo/den", alice) as socket:
        assert await socket.receive() == "alice in den"
        await socket.send("hi")
        await socket.send(b"\x00")
        assert [await socket.receive(), await socket.receive()] == ["hi", b"\x00"]
    assert talk.ended == ["echo"]
    await team.owner.log_in()
    async with team.websocket("/hooks/talk/echo/hall", team.owner) as socket:
        assert await socket.receive() == "owner in hall"


async def test_nobody_else_opens_it(team: TestTeam) -> None:
    await team.owner.log_in()
    observer = await team.agent("olaf", access="observer")
    assert await refusal(team.websocket("/hooks/talk/echo/x")) == (401, "missing_key")
    assert await refusal(team.websocket("/hooks/talk/echo/x", observer)) == (403, "forbidden")
    foreign = team.websocket("/hooks/talk/echo/x", team.owner, origin="https://evil.example")
    assert await refusal(foreign) == (403, "wrong_origin")
    cookies = team.websocket("/hooks/talk/echo/x", team.owner)._scope["headers"]
    without = {name.decode(): value.decode() for name, value in cookies if name != b"origin"}
    assert await refusal(SocketClient(team.app, "/hooks/talk/echo/x", without)) == (401, "wrong_origin")  # type: ignore[arg-type]
    assert await refusal(team.websocket("/hooks/talk/nothing")) == (404, "no_such_path")
    assert await refusal(team.websocket("/hooks/talk/guarded", host="evil.example")) == (421, "wrong_host")


async def test_the_plugin_itself_lets_strangers_in(team: TestTeam, talk: Talk) -> None:
    assert await refusal(team.websocket("/hooks/talk/guarded?ticket=wrong")) == (403, "wrong_ticket")
    async with team.websocket("/hooks/talk/guarded?ticket=right") as socket:
        opened = await socket.receive()
    assert talk.ended == ["guarded"]
    history = await team.owner.call("get_history", channel="general")
    assert [(str(message.id), message.content) for message in history.messages] == [(opened, "opened")]


async def test_the_view_says_why_it_ends(team: TestTeam) -> None:
    async with team.websocket("/hooks/talk/quitting") as socket:
        assert await ending(socket) == (4001, "enough é")


async def test_a_message_beyond_the_limit_ends_the_connection(team: TestTeam) -> None:
    async with team.websocket("/hooks/talk/echo/den", await team.agent("alice")) as socket:
        await socket.receive()
        await socket.send("12345678901")
        assert (await ending(socket))[0] == 1009


async def test_a_fault_is_told_and_counted(team: TestTeam, server: Server) -> None:
    assert await refusal(team.websocket("/hooks/talk/broken/early")) == (500, "plugin_failed")
    async with team.websocket("/hooks/talk/broken/late") as socket:
        assert await socket.receive() == "hello"
        code, reason = await ending(socket)
    assert (code, "broken" in reason) == (1011, False)
    assert server.plugins.plugins["talk"].faults == 2


async def test_a_view_that_does_not_listen_is_cancelled_once_its_client_has_left(
    team: TestTeam, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "LAST_WORDS", 0.05)
    async with team.websocket("/hooks/talk/deaf"):
        assert talk.ended == []
    assert talk.ended == ["deaf"]


async def test_messages_that_nobody_reads_end_the_connection_in_the_end(
    team: TestTeam, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websockets, "UNREAD_SECONDS", 0.05)
    monkeypatch.setattr(sockets, "LAST_WORDS", 0.05)
    async with team.websocket("/hooks/talk/deaf") as socket:
        for _ in range(websockets.WAITING):
            await socket.send("x")
        assert await ending(socket) == (1008, "what you have sent is not being read")


@pytest.mark.parametrize("change", ["rotate_key", "retire_agent", "set_access"])
async def test_it_ends_with_the_right_of_its_member(team: TestTeam, change: str) -> None:
    alice = await team.agent("alice")
    async with team.websocket("/hooks/talk/echo/den", alice) as socket:
        await socket.receive()
        if change == "set_access":
            await team.owner.call("update_agent_profile", name="alice", access="observer")
        else:
            await team.owner.call(change, name="alice")
        code, reason = await ending(socket)
    assert code == 1008
    assert re.search("no longer valid", reason)


async def test_an_owner_who_is_lowered_loses_what_owners_have(team: TestTeam, talk: Talk) -> None:
    second = await team.agent("zoe", kind="human", access="owner")
    async with team.websocket("/hooks/talk/owners", second) as socket:
        await team.owner.call("update_agent_profile", name="zoe", access="manager")
        assert (await ending(socket))[0] == 1008
    assert talk.ended == ["deaf"]


async def test_it_ends_with_its_team(team: TestTeam, server: Server) -> None:
    await server.create_team("blue")
    blue = TestTeam(team.app, server, "blue")
    await blue.register_owner()
    async with blue.websocket("/hooks/talk/echo/den", blue.owner) as socket:
        await socket.receive()
        await server.delete_team("blue")
        assert (await ending(socket))[0] == 1001
    await blue.close()


async def test_all_end_when_the_server_stops_also_those_whose_view_does_not_listen(team: TestTeam, talk: Talk) -> None:
    app = team.app
    assert isinstance(app, TeamApp)
    alice = await team.agent("alice")
    async with (
        team.websocket("/hooks/talk/echo/den", alice) as echo,
        team.websocket("/hooks/talk/deaf") as deaf,
    ):
        await echo.receive()
        started = asyncio.get_running_loop().time()
        await app.end_streams()
        assert asyncio.get_running_loop().time() - started < 1
        assert [await ending(echo), await ending(deaf)] == [(1001, "the server is stopping")] * 2
        assert sorted(talk.ended) == ["deaf", "echo"]
    assert await refusal(team.websocket("/hooks/talk/deaf")) == (503, "unavailable")


async def test_one_address_holds_only_so_many(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LAST_WORDS", 0.01)
    monkeypatch.setattr(sockets, "OF_STRANGERS", 2)
    async with team.websocket("/hooks/talk/deaf"), team.websocket("/hooks/talk/deaf"):
        assert await refusal(team.websocket("/hooks/talk/deaf")) == (429, "rate_limited")
    async with team.websocket("/hooks/talk/deaf"):
        pass


async def test_who_is_known_to_the_view_is_no_stranger(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LAST_WORDS", 0.01)
    monkeypatch.setattr(sockets, "OF_STRANGERS", 1)
    async with team.websocket("/hooks/talk/known"), team.websocket("/hooks/talk/known") as second:
        await second.send("hello")
        assert await second.receive() == "hello"
        async with team.websocket("/hooks/talk/deaf"):
            assert await refusal(team.websocket("/hooks/talk/deaf")) == (429, "rate_limited")


@pytest.mark.teammcp(member_streams=1)
async def test_one_member_holds_only_so_many(team: TestTeam) -> None:
    alice = await team.agent("alice")
    async with team.websocket("/hooks/talk/echo/den", alice):
        assert await refusal(team.websocket("/hooks/talk/echo/den", alice)) == (429, "too_many_streams")
