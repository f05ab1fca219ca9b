"""What tests of agents that are started to answer share: a project that starts them, those who ask, and waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from teammcp_projects.lanes.watching import look_at_conversations
from teammcp_projects.questions.dispatch import look_at_all

from plugins.claude_launcher.tests.keeping import Stage, until
from plugins.claude_launcher.tests.scripted import Puppet, PuppetPlugin
from teammcp.testing import NO_GUARD, Member

SETTINGS = {"machine": "here", "local_runner": False, "stop_seconds": 3, "sign_seconds": 10}
"""Of the launcher: the test has the runner, on a machine of its own."""
STARTS_AGENTS = pytest.mark.teammcp(
    install={"puppets": PuppetPlugin()}, plugins={**NO_GUARD, "claude_launcher": SETTINGS}
)


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


async def answered(world: World, asker: Member, agent: str, turn: int, text: str) -> Any:
    """Have an agent answer what it is asked in its so manieth turn."""
    number = await ask(asker)
    program = await world.program(agent)
    await asked(program, world.stage, turn)
    program.end_turn(text)
    return await stands(asker, number, "answered")


async def look(world: World) -> None:
    """What the team's jobs do now and then."""
    await look_at_conversations(world.stage.team.team)
    await look_at_all(world.stage.team.team)
    await world.stage.team.server.settle()


async def runs_idle(world: World, agent: str, turns: int = 1) -> None:
    """Wait until the server knows that an agent has nothing to do any more, after some turns."""

    async def is_idle() -> bool:
        run = (await world.owner.call("get_agent_home", name=agent)).run
        return bool(run.turns >= turns and run.state == "idle")

    await until(is_idle, f"{agent} to be idle")


async def makes_room(world: World, program: Puppet) -> None:
    """Wait until a program that has nothing to do has ended, because another needs its place."""

    async def is_gone() -> bool:
        await world.stage.clock.advance(0.1)
        return not program.lives

    await until(is_gone, "that the one with nothing to do makes room")
