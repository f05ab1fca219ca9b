"""What the tests of this plugin share."""

from __future__ import annotations

import pytest

from plugins.projects.tests.asking import project
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
