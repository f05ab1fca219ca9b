"""Terminals as the team has them: looked at by members, typed into by managers, and every key recorded."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.runtimes.terminal import TerminalRuntime
from teammcp_claude_launcher.screen import Emulator
from teammcp_claude_launcher.terminals import socket as sockets

from teammcp import Conflict, Forbidden, InvalidInput, NotFound
from teammcp.testing import SocketEnded, SocketRefused, TestTeam

from .keeping import Stage, until
from .scripted import Puppets

pytestmark = pytest.mark.teammcp(plugins={"claude_launcher": {"machine": "here", "local_runner": False}})

ECHO = """
import os, sys, tty
tty.setraw(0)
os.write(1, b"hello \\x1b[31mred\\x1b[0m\\r\\n> ")
while True:
    data = os.read(0, 9999)
    if data == b"\\x03": sys.exit(0)
    os.write(1, data.replace(b"\\r", b"\\r\\n> "))
"""


@pytest.fixture
async def stage(team: TestTeam, tmp_path: Path) -> AsyncIterator[Stage]:
    """An agent whose program shows what is typed into it."""
    program = tmp_path / "echo.py"
    program.write_text(ECHO, encoding="utf-8")
    options = {"command": f"{sys.executable} -S {program}", "columns": 40, "rows": 10}
    async with Stage(team, tmp_path / "runner", Puppets()).running(terminal=TerminalRuntime()) as stage:
        await stage.start("bob", runtime="terminal", options=options)
        await shown(stage, "> ")
        yield stage


async def shown(stage: Stage, text: str) -> Any:
    """Wait until the screen shows a text; the screenshot."""

    async def look() -> Any:
        try:
            seen = await stage.owner.call("screenshot_agent", name="bob")
        except (NotFound, Conflict):  # it has not started yet
            return None
        return seen if text.rstrip() in seen.screen else None

    return await until(look, f"{text!r} on the screen")


async def recorded(stage: Stage) -> list[Any]:
    """What was recorded of keys."""
    found = await stage.team.events("agent.keys_sent")
    return [(each.actor, each.data["characters"], each.data["keys"]) for each in found]


async def recorded_characters(stage: Stage, count: int) -> list[Any]:
    """The same, once so many characters stand there: keys are recorded when the program has them."""

    async def all_of_them() -> list[Any]:
        found = await recorded(stage)
        return found if sum(each[1] for each in found) >= count else []

    found: list[Any] = await until(all_of_them, f"a record of {count} characters")
    return found


async def test_a_member_looks_and_a_manager_types(stage: Stage) -> None:
    alice = await stage.team.agent("alice")
    seen = await alice.call("screenshot_agent", name="bob")
    assert (seen.screen, seen.columns, seen.rows) == ("hello red\n>", 40, 10)
    assert "<svg" in (await alice.call("screenshot_agent", name="bob", form="svg")).screen
    with pytest.raises(Forbidden):
        await alice.call("send_keys_to_agent", name="bob", text="x")
    await stage.owner.call("send_keys_to_agent", name="bob", text="secret words", keys=["enter", "y"])
    await shown(stage, "> secret words\n> y")
    assert await recorded(stage) == [("owner", 13, ["enter"])]


async def test_a_program_that_somebody_types_into_does_not_fall_asleep(stage: Stage) -> None:
    await stage.owner.call("configure_agent", name="bob", limits={"idle_minutes": 1})
    for _ in range(3):
        await stage.owner.call("send_keys_to_agent", name="bob", keys=["x"])
        await stage.clock.advance(40)
    await shown(stage, "xxx")
    await stage.clock.advance(61)

    async def ends() -> list[str]:
        return [run.reason for run in (await stage.owner.call("list_runs", agent="bob")).root if run.ended_at]

    assert await until(ends, "the end of the run") == ["asleep"]


async def test_what_is_no_key_is_refused_with_those_that_are(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="ctrl-a … ctrl-z"):
        await stage.owner.call("send_keys_to_agent", name="bob", keys=["entre"])
    with pytest.raises(InvalidInput, match="nothing to type"):
        await stage.owner.call("send_keys_to_agent", name="bob")
    assert await recorded(stage) == []


async def test_a_terminal_that_is_not_there_says_what_to_do(stage: Stage) -> None:
    await stage.team.agent("alice")
    with pytest.raises(NotFound, match="start_agent"):
        await stage.owner.call("screenshot_agent", name="alice")
    await stage.owner.call("stop_agent", name="bob")

    async def gone() -> bool:
        try:
            await stage.owner.call("screenshot_agent", name="bob")
        except Conflict as error:
            return "no program with a terminal" in error.detail
        return False

    await until(gone, "the end of the program")


PATH = "/hooks/claude_launcher/terminal/bob"


async def watched(socket: Any, screen: Emulator, text: str) -> None:
    """Wait until what is sent shows a text."""
    async with asyncio.timeout(20):
        while text not in screen.text():
            screen.feed(await socket.receive())


async def ending(socket: Any) -> SocketEnded:
    """Wait until the connection is over."""
    async with asyncio.timeout(20):
        while True:
            try:
                await socket.receive()
            except SocketEnded as ended:
                return ended


async def test_whoever_opens_the_page_sees_the_screen_and_what_is_typed(stage: Stage) -> None:
    alice = await stage.team.agent("alice")
    mine, hers = Emulator(40, 10), Emulator(40, 10)
    async with stage.team.websocket(PATH, stage.owner) as typing, stage.team.websocket(PATH, alice) as watching:
        await watched(typing, mine, "hello red")
        await watched(watching, hers, "hello red")
        await typing.send(json.dumps({"data": "ls -l"}))
        await typing.send(json.dumps({"data": "\r", "keys": ["x"]}))
        for socket, screen in ((typing, mine), (watching, hers)):
            await watched(socket, screen, "> ls -l\n> x")
        await watching.send(json.dumps({"data": "rm"}))
        assert "manager" in json.loads(await watching.receive())["error"]
        found = await recorded_characters(stage, 6)
        await typing.send(json.dumps({"size": [50, 12]}))
        async with asyncio.timeout(20):
            while b"\x1b[8;12;50t" not in await watching.receive():
                pass
    assert ({each[0] for each in found}, sum(each[1] for each in found)) == ({"owner"}, 6)


async def test_fast_keys_are_recorded_together(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "GATHERED", 0.5)
    async with stage.team.websocket(PATH, stage.owner) as socket:
        for key in "abc\rd":
            await socket.send(json.dumps({"data": key}))
        found = await recorded_characters(stage, 4)
        await shown(stage, "> abc\n> d")
    assert found in (
        [("owner", 1, []), ("owner", 2, ["enter"]), ("owner", 1, [])],
        [("owner", 2, []), ("owner", 1, ["enter"]), ("owner", 1, [])],
        [("owner", 3, ["enter"]), ("owner", 1, [])],
    )


async def test_what_was_typed_is_recorded_though_the_browser_has_gone(stage: Stage) -> None:
    async with stage.team.websocket(PATH, stage.owner) as socket:
        await watched(socket, Emulator(40, 10), "hello")
        await socket.send(json.dumps({"data": "bye\r"}))
    assert await recorded_characters(stage, 3) == [("owner", 3, ["enter"])]
    await shown(stage, "> bye\n>")


async def test_whoever_may_no_longer_type_is_told(stage: Stage) -> None:
    boss = await stage.team.agent("boss", access="manager")
    async with stage.team.websocket(PATH, boss) as socket:
        await watched(socket, Emulator(40, 10), "hello")
        await stage.owner.call("update_agent_profile", name="boss", access="member")
        await socket.send(json.dumps({"data": "rm"}))
        assert "manager" in json.loads(await socket.receive())["error"]
    assert await recorded(stage) == []


async def test_what_a_browser_should_not_send_is_refused_and_nothing_typed(stage: Stage) -> None:
    screen = Emulator(40, 10)
    async with stage.team.websocket(PATH, stage.owner) as socket:
        await watched(socket, screen, "hello")
        for message in ("{", b"\xff", '{"keys": ["nothing"]}', '{"size": [0, 9999]}', '{"what": 1}'):
            await socket.send(message)
            assert json.loads(await socket.receive())["error"]
        await socket.send(json.dumps({"data": "\x1b[<0;1;1M\x1b[I\x1b]0;x\x07"}))
        await socket.send(json.dumps({"data": "end"}))
        await watched(socket, screen, "> ")
        await watched(socket, screen, "end")
    assert screen.text() == "hello red\n> end"


async def test_the_end_of_the_program_ends_the_watch_with_a_reason(stage: Stage) -> None:
    async with stage.team.websocket(PATH, stage.owner) as socket:
        await watched(socket, Emulator(40, 10), "hello")
        await stage.owner.call("stop_agent", name="bob")
        ended = await ending(socket)
        assert (ended.code, "has ended" in ended.reason) == (sockets.OVER, True)

    async def refusal() -> SocketEnded | None:
        async with stage.team.websocket(PATH, stage.owner) as socket:
            ended = await ending(socket)
        return ended if ended.code == sockets.NOT_THERE else None  # its last words are shown for a moment

    assert "no program" in (await until(refusal, "the end of the program")).reason


async def test_a_cut_of_the_network_ends_the_watch_and_the_screen_is_sent_anew(stage: Stage) -> None:
    async with stage.team.websocket(PATH, stage.owner) as socket:
        await watched(socket, Emulator(40, 10), "hello")
        await socket.send(json.dumps({"data": "before"}))
        await shown(stage, "before")
        stage.network.cut()
        await ending(socket)
    stage.network.mend()
    await stage.clock.advance(30)
    await shown(stage, "before")
    async with stage.team.websocket(PATH, stage.owner) as socket:
        screen = Emulator(40, 10)
        screen.feed(await socket.receive())
        assert screen.text() == "hello red\n> before"


async def test_strangers_see_nothing(stage: Stage) -> None:
    for who in (await stage.team.agent("olaf", access="observer"), None):
        with pytest.raises(SocketRefused):
            async with stage.team.websocket(PATH, who):
                pass
    with pytest.raises(SocketRefused) as refused:
        async with stage.team.websocket("/hooks/claude_launcher/terminal/nobody", stage.owner):
            pass
    assert refused.value.status == 404


@pytest.mark.teammcp(
    permissions={"screenshot_agent": "manager"},
    plugins={"claude_launcher": {"machine": "here", "local_runner": False}},
)
async def test_whoever_may_not_look_at_the_screen_may_not_watch_it(stage: Stage) -> None:
    alice = await stage.team.agent("alice")
    await alice.log_in()
    async with stage.team.websocket(PATH, alice) as socket:
        assert "manager" in str(await ending(socket))
    assert "hello red" not in (await alice.http.get("/launcher/agents/bob/terminal")).text


async def test_the_page_shows_the_screen_without_a_script_and_keys_to_those_who_may_press_them(stage: Stage) -> None:
    alice = await stage.team.agent("alice", kind="human")
    for member, types in ((stage.owner, True), (alice, False)):
        await member.log_in()
        answer = await member.http.get("/launcher/agents/bob/terminal")
        assert '<pre class="terminal-still">hello red\n&gt;</pre>' in answer.text
        assert ('data-key="ctrl-c"' in answer.text) is types
        assert "style-src 'self' 'unsafe-inline'" in answer.headers["content-security-policy"]
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert (await alice.http.get("/launcher/agents/alice/terminal")).status_code == 404
    await stage.owner.call("stop_agent", name="bob")

    async def says_why() -> bool:
        return "no program with a terminal" in (await alice.http.get("/launcher/agents/bob/terminal")).text

    await until(says_why, "the end of the program")


async def test_a_run_leads_to_its_terminal(stage: Stage) -> None:
    await stage.owner.log_in()
    [run] = (await stage.owner.call("list_runs", agent="bob")).root
    assert "/launcher/agents/bob/terminal" in (await stage.owner.http.get(f"/launcher/runs/{run.run_id}")).text
