"""What guard contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from ..messages import Draft, Message
from ..wakes import Wake
from .budgets import operations as budgets
from .budgets import rule as budget_rule
from .events import EVENT_KINDS
from .loops import operations as loops
from .loops import rule as loop_rule
from .pages import PAGES
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
    return PAGES


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("guard", __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[GuardSettings]:
    return GuardSettings


@hookimpl
async def team_opened(team: Team) -> None:
    await loop_rule.load(team)
    await budget_rule.load(team)


@hookimpl
async def before_message(context: Context, draft: Draft) -> None:
    await budget_rule.check(context, draft)
    await loop_rule.check(context, draft)


@hookimpl
async def before_wake(context: Context, wake: Wake) -> None:
    await budget_rule.check_wake(context, wake)
    loop_rule.check_wake(context, wake)


@hookimpl
async def message_sent(context: Context, message: Message) -> None:
    await loop_rule.noticed(context, message)
    await budget_rule.noticed(context, message)
