"""The pages of the launcher."""

from __future__ import annotations

from teammcp.web import Page

from . import agents, assemble, credentials, machines, roles, runs, start, tasks, terminal
from .panels import PANELS

PAGES: list[Page] = [
    *agents.PAGES,
    *start.PAGES,
    *runs.PAGES,
    *terminal.PAGES,
    *machines.PAGES,
    *credentials.PAGES,
    *roles.PAGES,
    *assemble.PAGES,
    *tasks.PAGES,
]

__all__ = ["PAGES", "PANELS"]
