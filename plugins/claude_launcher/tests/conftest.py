"""What the tests of this plugin share."""

from __future__ import annotations

import pytest

from teammcp.config import Settings


@pytest.fixture
def installed_plugins() -> set[str]:
    """Of what is installed, these tests use the plugin itself and the look."""
    return {"theme-base", "claude_launcher"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No test starts a runner's process unless it says so."""
    settings.plugins.setdefault("claude_launcher", {}).setdefault("local_runner", False)
    return settings
