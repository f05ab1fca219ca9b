"""What tests of questions do: projects, asking, and looking what came of it."""

from __future__ import annotations

import asyncio
from typing import Any

from teammcp.testing import Member, TestTeam


async def project(team: TestTeam, name: str, *agents: str, answerers: list[str] | None = None, **facts: Any) -> None:
    """Add a project in which members work."""
    await team.owner.call("add_project", name=name, **facts)
    if agents:
        more = {} if answerers is None else {"answerers": answerers}
        await team.owner.call("set_project_agents", project=name, agents=[*agents], **more)


async def ask(asker: Member, text: str = "Which version?", *projects: str, **more: Any) -> int:
    """Ask projects, backend if none is named; the id of the first question."""
    found = await asker.call("teams_ask", projects=[*projects] or ["backend"], question=text, **more)
    number: int = found.questions[0].id
    return number


async def until(member: Member, number: int, state: str) -> Any:
    """A question, once it stands so."""
    async with asyncio.timeout(3):
        while (found := await member.call("get_question", question_id=number)).state != state:  # noqa: ASYNC110 - a test looks
            await asyncio.sleep(0.01)
    return found


async def until_answer(member: Member, number: int, answer: str) -> Any:
    """A question, once its answer is this."""
    async with asyncio.timeout(3):
        while (found := await member.call("get_question", question_id=number)).answer != answer:  # noqa: ASYNC110 - a test looks
            await asyncio.sleep(0.01)
    return found


async def inbox(member: Member) -> list[str]:
    """What was written to a member in direct messages."""
    found = await member.call("get_inbox")
    return [message.content for channel in found.channels for message in channel.messages or []]
