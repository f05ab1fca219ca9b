"""Plugins in the life of a server and of its teams: what one of them does wrong costs nobody else anything."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from teammcp import Server, Team, hookimpl
from teammcp.clock import Clock
from teammcp.config import Settings
from teammcp.errors import PluginFailed
from teammcp.http.asgi import Application, Message, Receive, Scope, Send
from teammcp.plugins import PluginManager
from teammcp.plugins.wrappers import contain
from teammcp.server import timeouts
from teammcp.testing import TestTeam, serve
from tests.corekit import names, open_server

LIFE = ("startup", "team_opened", "team_closed", "shutdown")


class Told:
    """Notes what it is told, and whether the team's database answered."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @hookimpl
    def startup(self) -> None:
        self.heard.append("startup")

    @hookimpl
    def shutdown(self) -> None:
        self.heard.append("shutdown")

    @hookimpl
    async def team_opened(self, team: Team) -> None:
        await team.database.read(names)
        self.heard.append(f"opened {team.name}")

    @hookimpl
    async def team_closed(self, team: Team) -> None:
        await team.database.read(names)
        assert team.hub.closed
        self.heard.append(f"closed {team.name}")


class Deaf:
    """Hangs in one hook, and does not end when it is broken off."""

    def __init__(self, hook: str) -> None:
        async def hang() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await asyncio.sleep(60)

        setattr(self, hook, hookimpl(hang))


# -- settling ----------------------------------------------------------------------------------------------------------


async def test_settling_comes_to_an_end_with_work_that_is_done_already(tmp_path: Path) -> None:
    async with open_server(tmp_path) as server:

        async def nothing() -> None:
            pass

        for work in [nothing() for _ in range(3)]:
            server.background(work)
        waiting = list(server._background._tasks)
        await asyncio.sleep(0)  # they are done, and what takes them out is yet to be called
        assert all(task.done() for task in waiting)
        await asyncio.wait_for(server.settle(), 5)
        assert not server._background._tasks


# -- turns of life -----------------------------------------------------------------------------------------------------


async def test_a_plugin_hears_of_every_team_that_is_opened_and_closed(tmp_path: Path) -> None:
    told = Told()
    async with open_server(tmp_path, plugins={"told": told}) as server:
        await server.create_team("other")
        await server.delete_team("other")
    assert told.heard == [
        *("opened default", "startup", "opened other"),
        *("closed other", "shutdown", "closed default"),
    ]


@pytest.mark.parametrize("hook", LIFE)
async def test_a_plugin_that_hangs_takes_its_own_time_and_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, hook: str
) -> None:
    monkeypatch.setattr(timeouts, "STOP", 0.1)
    monkeypatch.setattr(timeouts, "START", 0.1)
    told = Told()
    began = time.monotonic()
    async with open_server(tmp_path, plugins={"one": Deaf(hook), "two": Deaf(hook), "told": told}) as server:
        pass
    assert time.monotonic() - began < 5
    assert told.heard == ["opened default", "startup", "shutdown", "closed default"]
    for name in ("one", "two"):
        assert f"plugin {name} failed in {hook}: not done after 0.1 s" in caplog.text
        assert server.plugins.plugins[name].faults == 1
        assert hook in (server.plugins.plugins[name].last_fault or "")


# -- wrappers ----------------------------------------------------------------------------------------------------------


class Wrapper:
    """Stands before the application as a function of ``(inner, scope, receive, send)``."""

    def __init__(self, behaviour: Callable[..., Any]) -> None:
        self.behaviour = behaviour

    @hookimpl
    def asgi_wrapper(self, server: Server) -> Any:
        def wrap(inner: Application) -> Application:
            async def application(scope: Scope, receive: Receive, send: Send) -> None:
                await self.behaviour(inner, scope, receive, send)

            return application

        return wrap


async def refuse_all(inner: Application, scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("not even the start")


async def refuse_some(inner: Application, scope: Scope, receive: Receive, send: Send) -> None:
    await inner(scope, receive, send)
    if scope["type"] == "lifespan" or scope["path"] == "/api/docs.css":
        raise RuntimeError("afterwards")


async def test_a_wrapper_that_raises_is_counted_and_answered_with_a_problem(settings: Settings, clock: Clock) -> None:
    async with serve(settings, clock, {"wall": Wrapper(refuse_all)}) as app:  # type: ignore[arg-type]
        team = TestTeam(app, app.server, "default")
        answer = await team.client().get("/api/health")
        assert (answer.status_code, answer.json()["error"]) == (500, "plugin_failed")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "'wall'" in answer.json()["detail"]
        assert answer.headers["x-request-id"]
        assert app.server.plugins.plugins["wall"].faults == 2  # the lifespan, and this request
        await team.close()
    assert "RuntimeError: not even the start" in (app.server.plugins.plugins["wall"].last_fault or "")


async def test_a_wrapper_that_raises_behind_the_answer_has_it_cut_off(settings: Settings, clock: Clock) -> None:
    async with serve(settings, clock, {"wall": Wrapper(refuse_some)}) as app:  # type: ignore[arg-type]
        team = TestTeam(app, app.server, "default")
        assert (await team.client().get("/api/openapi.json")).status_code == 200
        assert app.server.plugins.plugins["wall"].faults == 0
        with pytest.raises(PluginFailed):
            await team.client().get("/api/docs.css")
        assert app.server.plugins.plugins["wall"].faults == 1
        await team.close()
    assert app.server.plugins.plugins["wall"].faults == 2


async def test_an_error_behind_a_wrapper_is_not_the_wrappers() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("of the application")

    async def through(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("never called")

    plugins = PluginManager({})
    plugins.register("wall", Wrapper(refuse_some))
    ((_, wrap),) = plugins.collect("asgi_wrapper", server=None)
    with pytest.raises(KeyError, match="of the application"):
        await contain(plugins, "wall", wrap)(broken)({"type": "http", "path": "/"}, through, through)
    assert plugins.plugins["wall"].faults == 0


async def test_a_socket_that_a_wrapper_breaks_is_answered_too(settings: Settings, clock: Clock) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    plugins = PluginManager({})
    plugins.register("wall", Wrapper(refuse_all))
    ((_, wrap),) = plugins.collect("asgi_wrapper", server=None)
    await contain(plugins, "wall", wrap)(refuse_all)({"type": "websocket", "path": "/"}, send, send)
    assert sent[0]["status"] == 500
    assert b"plugin_failed" in sent[1]["body"]
