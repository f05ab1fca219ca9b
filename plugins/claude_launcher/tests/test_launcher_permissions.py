"""Permission questions of agents' programs, where the team has approvals: a person answers, and silence is no yes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from teammcp import PermissionQuestion
from teammcp.testing import TestTeam

from .keeping import Stage, until
from .scripted import PuppetPlugin, Puppets

pytestmark = pytest.mark.teammcp(
    install={"puppets": PuppetPlugin()}, plugins={"claude_launcher": {"machine": "here", "local_runner": False}}
)


@pytest.fixture
def installed_plugins() -> set[str]:
    """With approvals."""
    return {"theme-base", "claude_launcher", "approvals"}


async def test_a_person_answers_and_the_run_waits_meanwhile(team: TestTeam, tmp_path: Path) -> None:
    stage = Stage(team, tmp_path / "runner", Puppets())
    async with stage.running():
        await stage.start(policy="ask")
        program = await stage.session()
        await stage.tell("work")
        await stage.turn(program)
        program.take()
        for approved in (True, False):
            question = PermissionQuestion(str(approved), "Write", {"file_path": "a.txt", "content": "x"})
            asking = asyncio.create_task(program.listener.ask(question))

            async def waits() -> bool:
                return bool((await stage.runs())[0].state == "waiting")

            await until(waits, "the run to wait")

            async def pending() -> list[int]:
                found = await stage.owner.call("get_pending_approvals")
                return [each.approval_id for each in found.root]

            [number] = await until(pending, "the approval")
            await stage.clock.advance(3000)
            assert not asking.done()
            await stage.owner.call("resolve_approval", approval_id=number, approved=approved)
            assert (await asking).allowed is approved
        assert program.lives, "who waits for a person is not stuck"
        run = (await stage.runs())[0].run_id

        async def answers() -> list[tuple[bool, str]]:
            entries = (await stage.owner.call("get_run_entries", run_id=run)).entries
            found = [each.entry for each in entries if each.entry["kind"] == "answer"]
            return [(each["allowed"], each["by"]) for each in found if len(found) == 2]

        assert await until(answers, "both answers in the run") == [(True, "approvals"), (False, "approvals")]


async def test_a_question_that_is_cut_off_is_asked_again(team: TestTeam, tmp_path: Path) -> None:
    stage = Stage(team, tmp_path / "runner", Puppets())
    async with stage.running():
        await stage.start(policy="ask")
        program = await stage.session()
        await stage.tell("work")
        await stage.turn(program)
        program.take()
        stage.network.cut()
        asking = asyncio.create_task(program.listener.ask(PermissionQuestion("1", "Write", {}, tool_use="use-1")))
        await stage.clock.advance(30)
        assert not asking.done()
        stage.network.mend()

        async def pending() -> list[int]:
            await stage.clock.advance(5)
            found = await stage.owner.call("get_pending_approvals")
            return [each.approval_id for each in found.root]

        [number] = await until(pending, "the approval")
        await stage.owner.call("resolve_approval", approval_id=number, approved=True)
        assert (await asking).allowed


async def test_who_has_ended_asks_no_more(team: TestTeam, tmp_path: Path) -> None:
    stage = Stage(team, tmp_path / "runner", Puppets())
    async with stage.running():
        await stage.start(policy="ask")
        program = await stage.session()
        stage.network.cut()
        asking = asyncio.create_task(program.listener.ask(PermissionQuestion("1", "Write", {})))
        program.exit(1)
        assert not (await asking).allowed
