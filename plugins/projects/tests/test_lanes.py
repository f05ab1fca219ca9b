"""Agents that are started for questions: one for each who asks, kept, in order, and no more awake than may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugins.claude_launcher.tests.keeping import Stage, until
from plugins.claude_launcher.tests.scripted import Puppet, PuppetPlugin, Puppets
from teammcp.testing import NO_GUARD, Member, TestTeam

SETTINGS = {"machine": "here", "local_runner": False, "stop_seconds": 3, "sign_seconds": 10}
pytestmark = pytest.mark.teammcp(install={"puppets": PuppetPlugin()}, plugins={**NO_GUARD, "claude_launcher": SETTINGS})


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


@pytest.fixture
def stage(team: TestTeam, tmp_path: Path) -> Stage:
    (tmp_path / "backend").mkdir()
    return Stage(team, tmp_path / "runner", Puppets())


class World:
    """A project that starts agents, and those who ask it."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.folder = folder
        self.owner = stage.team.owner

    async def project(self, name: str = "backend", **facts: Any) -> None:
        folders = [{"machine": self.stage.machine, "folder": str(self.folder)}]
        await self.owner.call("add_project", name=name, **{"runtime": "puppet", "folders": folders, **facts})

    async def asker(self, name: str, project: str | None = None) -> Member:
        """A member, who works in a project of its own if one is named."""
        member = await self.stage.team.agent(name)
        if project is not None:
            await self.owner.call("add_project", name=project)
            await self.owner.call("set_project_agents", project=project, agents=[name])
        return member

    async def program(self, agent: str, number: int = 1) -> Puppet:
        """The so manieth program of an agent."""

        def theirs() -> list[Puppet]:
            return [each for each in self.stage.runtime.sessions if each.launch.agent == agent]

        await until(lambda: len(theirs()) >= number, f"program {number} of {agent}")
        return theirs()[number - 1]


@pytest.fixture
def world(stage: Stage, tmp_path: Path) -> World:
    return World(stage, tmp_path / "backend")


async def ask(asker: Member, text: str = "Which version?", project: str = "backend") -> int:
    found = await asker.call("teams_ask", projects=[project], question=text)
    number: int = found.questions[0].id
    return number


async def stands(asker: Member, number: int, state: str) -> Any:
    async def found() -> Any:
        question = await asker.call("get_question", question_id=number)
        return question if question.state == state else None

    return await until(found, f"question {number} to be {state}")


async def asked(program: Puppet, stage: Stage, number: int = 1) -> str:
    """What a program is asked, which it takes up."""
    text: str = (await stage.turn(program, number)).text
    program.take()
    return text


async def inbox(member: Member) -> list[str]:
    found = await member.call("get_inbox")
    return [message.content for channel in found.channels for message in channel.messages or []]


async def test_a_question_starts_an_agent_in_the_folder_and_what_it_says_is_the_answer(world: World) -> None:
    async with world.stage.running():
        await world.project()
        ada = await world.asker("ada", "web")
        number = await ask(ada, "Which version of the API?")
        program = await world.program("backend.web")
        assert "Which version of the API?" in await asked(program, world.stage)
        assert program.launch.folder == world.folder
        assert program.launch.policy == "ask"
        assert "You answer for the code base backend" in program.launch.guide
        program.end_turn("v2, see api.py:7")
        found = await stands(ada, number, "answered")
        assert (found.answer, found.answered_by) == ("v2, see api.py:7", "backend.web")
        assert [text for text in await inbox(ada) if text.endswith("v2, see api.py:7")]
