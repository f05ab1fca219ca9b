"""What guard contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...operations import Context
from ...plugins.hookspecs import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from ..messages import Draft, Message
from .budgets import operations as budgets
from .events import EVENT_KINDS
from .loops import operations as loops
from .pages import usage as pages
from .settings import GuardSettings


@hookimpl
def register_operations() -> list[Any]:
    return [
        loops.stop_loop,
        loops.release_loop,
        loops.list_loops,
        budgets.report_usage,
        budgets.get_usage,
        budgets.set_budget,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("guard", __package__)


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[GuardSettings]:
    return GuardSettings


@hookimpl
async def team_opened(team: Team) -> None:
    await loops.load(team)
    await budgets.load(team)


@hookimpl
async def before_message(context: Context, draft: Draft) -> None:
    await budgets.check(context, draft)
    await loops.check(context, draft)


@hookimpl
async def message_sent(context: Context, message: Message) -> None:
    await loops.noticed(context, message)
    await budgets.noticed(context, message)
