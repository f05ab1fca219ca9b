"""What the tests of this plugin share."""

from __future__ import annotations

import pytest


@pytest.fixture
def installed_plugins() -> set[str]:
    """Of what is installed, these tests use the plugin itself and the look."""
    return {"theme-base", "push", "approvals"}
