"""A program that is given the team's tools and does not come for them is seen, until it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from teammcp_claude_launcher.machines import socket
from teammcp_claude_launcher.runs import tools_used
from teammcp_claude_launcher.runtimes import team_tools

from teammcp import McpServer, StartFailed
from teammcp.testing import TestTeam

from .keeping import Stage, until
from .scripted import ALL, PuppetPlugin, Puppets

SETTINGS = {"machine": "here", "local_runner": False}
pytestmark = pytest.mark.teammcp(install={"puppets": PuppetPlugin()}, plugins={"claude_launcher": SETTINGS})
SAID = "It has not connected to the team"


@pytest.fixture
def stage(team: TestTeam, tmp_path: Path) -> Stage:
    return Stage(team, tmp_path / "runner", Puppets(), Puppets(replace(ALL, tools=False), "quiet"))


async def turn(stage: Stage, program: Any, outcome: str = "done", name: str = "bob") -> None:
    """One more turn of a program, to its end."""
    number = len(program.turns) + 1
    await stage.tell("go on", name)
    await stage.turn(program, number)
    program.take()
    program.end_turn("yes" if outcome == "done" else "", outcome)


async def told(stage: Stage, run: int = 1) -> list[bool]:
    """What its transcript says of that."""
    entries = (await stage.owner.call("get_run_entries", run_id=run)).entries
    return [each.entry["used"] for each in entries if each.entry["kind"] == "team_tools"]


async def page(stage: Stage, path: str) -> str:
    answer = await stage.owner.http.get(path)
    assert answer.status_code == 200
    return str(answer.text)


async def test_a_program_that_has_not_come_for_the_teams_tools_by_its_first_answer_is_seen_until_it_does(
    stage: Stage, team: TestTeam
) -> None:
    await stage.owner.log_in()
    async with stage.running():
        await stage.start()
        program = await stage.session()
        await turn(stage, program, "failed")
        await turn(stage, program)

        async def is_told() -> bool:
            return await told(stage) == [False]

        await until(is_told, "word that it has not come")
        for path in ("/agents/bob", "/launcher/runs/1"):
            assert SAID in await page(stage, path)
        await turn(stage, program)
        async with team.member("bob", stage.key("bob")).mcp() as client:
            await client.list_tools()
        assert SAID not in await page(stage, "/agents/bob"), "it is taken back at once"
        await turn(stage, program)

        async def is_taken_back() -> bool:
            return await told(stage) == [False, True]

        await until(is_taken_back, "word that it has come")
        assert not (await stage.owner.call("get_run", run_id=1)).lacks_tools


async def test_the_runners_own_look_at_the_key_is_not_taken_for_the_program(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await team.agent("bob")
    reach = httpx2.ASGITransport(team.app)  # type: ignore[arg-type]
    monkeypatch.setattr(team_tools, "client_options", lambda url: {"transport": reach})
    mcp = McpServer("teammcp", f"{team.server.settings.public_url}/mcp", "KEY")
    await team_tools.check_tools(mcp, {"KEY": bob.key})
    with pytest.raises(StartFailed, match="does not know the agent's key"):
        await team_tools.check_tools(mcp, {"KEY": f"{bob.key}x"})
    assert team.team.presence.tools_used_at("bob") is None


async def test_nothing_is_said_of_a_program_that_comes_for_them_or_is_given_none_or_of_which_nobody_knows(
    stage: Stage, team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bool | None] = []

    async def answer(*asked: Any) -> bool | None:
        answers.append(await tools_used(*asked))
        return answers[-1]

    monkeypatch.setattr(socket, "tools_used", answer)
    async with stage.running():
        await stage.start("eve", runtime="quiet")
        [eve] = await until(lambda: stage.runtimes["quiet"].sessions, "the program of eve")
        await turn(stage, eve, name="eve")
        await stage.said("eve")

        await stage.start("bob")
        bob = await stage.session(1)
        async with team.member("bob", stage.key("bob")).mcp() as client:
            await client.call_tool("get_messages", {})
        await turn(stage, bob)
        await until(lambda: answers == [True], "the answer that it has come")
        await turn(stage, bob)

        await stage.start("tom")
        tom = await stage.session(2)
        team.server.clock.advance(seconds=1)
        team.team.hear_anew()
        await turn(stage, tom, name="tom")
        await until(lambda: answers == [True, None], "the answer that nobody knows")
        await stage.said("tom")
        runs = (await stage.owner.call("list_runs")).root
        assert [await told(stage, run.run_id) for run in runs] == [[], [], []]
