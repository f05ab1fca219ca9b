"""The runtimes that come with the launcher."""

from __future__ import annotations

from teammcp import Runtime

from .command import CommandRuntime

RUNTIMES: list[Runtime] = [CommandRuntime()]
