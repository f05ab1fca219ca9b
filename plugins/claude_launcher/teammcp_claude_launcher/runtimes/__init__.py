"""The runtimes that come with the launcher."""

from __future__ import annotations

from teammcp import Runtime

from .acp import PROGRAMS
from .claude import ClaudeRuntime
from .codex import CodexRuntime
from .command import CommandRuntime
from .terminal import TerminalRuntime

RUNTIMES: list[Runtime] = [ClaudeRuntime(), CodexRuntime(), *PROGRAMS, CommandRuntime(), TerminalRuntime()]
