"""What the tests of the core and of the plugins share: how hypothesis runs."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How fast examples are made and run says something of the machine and what else it does, and nothing of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
