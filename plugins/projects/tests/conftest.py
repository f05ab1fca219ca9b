"""What the tests of this plugin share."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.claude_launcher.tests.keeping import Stage
from plugins.claude_launcher.tests.scripted import Puppets
from plugins.projects.tests.asking import project
from plugins.projects.tests.starting import World
from teammcp.testing import Member, TestTeam


@pytest.fixture
def installed_plugins() -> set[str]:
    """Of what is installed, these tests use the plugin itself and the look."""
    return {"theme-base", "projects"}


@pytest.fixture
async def ada(team: TestTeam) -> Member:
    """She works in web, and asks."""
    ada = await team.agent("ada")
    await project(team, "web", "ada")
    return ada


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """He answers for backend."""
    bob = await team.agent("bob")
    await project(team, "backend", "bob")
    return bob


@pytest.fixture
def stage(team: TestTeam, tmp_path: Path) -> Stage:
    """A machine with a runner, and a folder of backend's on it."""
    (tmp_path / "backend").mkdir()
    return Stage(team, tmp_path / "runner", Puppets())


@pytest.fixture
def world(stage: Stage, tmp_path: Path) -> World:
    """A team whose projects start agents."""
    return World(stage, tmp_path / "backend")
