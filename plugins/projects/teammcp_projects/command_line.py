"""The whole of ``teammcp project``."""

from __future__ import annotations

from . import fact_commands, question_commands
from .commands import project

__all__ = ["project"]

for command in (*fact_commands.COMMANDS, *question_commands.COMMANDS):
    project.add_command(command)
