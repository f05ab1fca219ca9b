"""Managers are notified of agents that have crashed or are blocked, as long as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from teammcp.features.notifications.jobs import work_off
from teammcp.testing import TestTeam
from tests.notification_kit import Plugin, told

from .keeping import Stage
from .scripted import PuppetPlugin, Puppets

PAGING = Plugin()
pytestmark = pytest.mark.teammcp(
    install={"puppets": PuppetPlugin(), "pagers": PAGING},
    plugins={"claude_launcher": {"machine": "here", "local_runner": False}},
)


@pytest.fixture
async def stage(team: TestTeam, tmp_path: Path) -> Stage:
    PAGING.pager.came.clear()
    await team.owner.call("set_notification_address", notifier="pager", address="1")
    return Stage(team, tmp_path / "runner", Puppets())


async def notify(stage: Stage, minutes: int = 0) -> list[tuple[str, str, str]]:
    """What the owner is told once so many minutes have passed on the server."""
    await work_off(stage.team.team)
    stage.team_clock.advance(minutes=minutes)
    for _ in range(2):
        await work_off(stage.team.team)
        await stage.team.server.settle()
    return [(each.kind, each.content, each.path) for each in told(PAGING)]


@pytest.mark.parametrize("runs_again", [True, False])
async def test_a_crash_is_told_unless_the_agent_runs_again(stage: Stage, runs_again: bool) -> None:
    async with stage.running():
        await stage.start()
        (await stage.session()).exit(3)
        await stage.ended()
        if runs_again:
            await stage.clock.advance(1.1)
            await stage.session(2)
        came = await notify(stage, minutes=11)
        words = "bob: crashed. Its program has ended by itself in the middle of its work."
        assert came == ([] if runs_again else [("agent_crashed", words, "/launcher/agents/bob/now")])


@pytest.mark.parametrize("goes_on", [True, False])
async def test_who_is_held_is_told_until_somebody_lets_it_go_on(stage: Stage, goes_on: bool) -> None:
    async with stage.running():
        await stage.start(limits={"restarts": 0})
        (await stage.session()).exit(1)
        await stage.ended()
        if goes_on:
            await stage.owner.call("start_agent", name="bob")
            await stage.session(2)
        came = [each for each in await notify(stage) if each[0] == "agent_blocked"]
        assert len(came) == (not goes_on)
        assert all(content.startswith("bob is blocked: ") for _, content, _ in came)
