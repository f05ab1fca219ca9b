"""What the launcher contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from teammcp import (
    Agent,
    AgentStart,
    Context,
    Countdown,
    EventData,
    Job,
    Migration,
    NotificationKind,
    Operation,
    Route,
    Runtime,
    Service,
    TaskChange,
    Team,
    WebSocketRoute,
    hookimpl,
    load_migrations,
)
from teammcp.web import Page, Panel

from . import credentials, homes, roles, tasks, terminals
from .events import EVENT_KINDS
from .machines import links, local_runner
from .machines import operations as machines
from .machines.socket import ROUTES
from .pages import PAGES, PANELS
from .runs import jobs
from .runs import notification_kinds as kinds
from .runs import operations as runs
from .runtimes import RUNTIMES
from .settings import PLUGIN, LauncherSettings


@hookimpl
def register_settings() -> type[BaseModel]:
    return LauncherSettings


@hookimpl
def register_notification_kinds() -> tuple[NotificationKind, ...]:
    return kinds.KINDS


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations(PLUGIN, __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_operations() -> list[Any]:
    return [
        *machines.OPERATIONS,
        *homes.OPERATIONS,
        *runs.OPERATIONS,
        *credentials.OPERATIONS,
        *roles.OPERATIONS,
        *tasks.OPERATIONS,
        *terminals.OPERATIONS,
    ]


@hookimpl
def register_routes() -> list[Route | WebSocketRoute]:
    return [*ROUTES, *terminals.ROUTES]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_panels() -> list[Panel]:
    return PANELS


@hookimpl
def register_runtimes() -> list[Runtime]:
    return RUNTIMES


@hookimpl
def register_jobs() -> list[Job]:
    return [*homes.JOBS, *jobs.JOBS]


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("launcher_tokens", ("expires_at",), "used_at IS NULL")]


@hookimpl
async def team_closed(team: Team) -> None:
    await links(team).end()


@hookimpl
def register_services() -> list[Service]:
    return local_runner.SERVICES


@hookimpl
async def operation_done(context: Context, operation: Operation, result: object) -> None:
    await homes.look(context, operation, result)
    await roles.look(context, operation, result)


@hookimpl
async def before_agent_start(context: Context, start: AgentStart) -> None:
    await roles.check(context, start)


@hookimpl
async def before_task_change(context: Context, change: TaskChange) -> None:
    await tasks.check(context, change)


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    await homes.see_off(context, agent)
