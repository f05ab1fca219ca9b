"""Keepers: from a message to a turn, from a turn to an answer, from an end to the next run."""

from __future__ import annotations

from pathlib import Path

import pytest

from teammcp.testing import TestTeam

from .keeping import Stage
from .scripted import PuppetPlugin, Puppets

pytestmark = pytest.mark.teammcp(
    install={"puppets": PuppetPlugin()}, plugins={"claude_launcher": {"machine": "here", "local_runner": False}}
)


@pytest.fixture
def stage(team: TestTeam, tmp_path: Path) -> Stage:
    return Stage(team, tmp_path / "runner", Puppets())


async def test_an_agent_is_started_takes_a_message_up_answers_it_and_falls_asleep(stage: Stage) -> None:
    async with stage.running():
        await stage.start(limits={"idle_minutes": 1})
        program = await stage.session()
        message = await stage.tell("What is new?")
        turn = await stage.turn(program)
        assert "What is new?" in turn.text
        assert await stage.receipt(message) == "handed_over"
        program.take()
        await stage.reached(message, "offered")
        program.end_turn("Nothing.")
        assert await stage.said() == ["Nothing."]
        await stage.clock.advance(61)
        assert await stage.ended() == ["asleep"]
        assert not stage.runtime.alive
