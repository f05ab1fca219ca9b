"""What the tests of the core and of the plugins share: how hypothesis runs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Here, since tests of several folders import it.
pytest.register_assert_rewrite("teammcp_claude_launcher.runtime_checks")

# How fast examples are made and run says something of the machine and what else it does, and nothing of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
