"""What projects contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

import click

from teammcp import Agent, Context, EventData, Migration, hookimpl, load_migrations
from teammcp.web import Page

from . import registry
from .events import EVENT_KINDS
from .pages import PAGES


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("projects", __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_operations() -> list[Any]:
    return registry.OPERATIONS


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_commands(cli: click.Group) -> None:
    from .commands import project  # a server scans nothing

    cli.add_command(project)


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    await registry.see_off(context, agent)
