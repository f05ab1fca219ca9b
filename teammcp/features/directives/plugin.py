"""What directives contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...members.directory import Agent
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server.jobs import Job
from ...server.timekeeping import Countdown
from ...storage import Migration, Reader, load_migrations
from ...web import Page
from .claims import operations as claims
from .directives import queries
from .directives.operations import directives as operations
from .directives.operations import expiry
from .events import EVENT_KINDS
from .output import operations as output
from .pages import directives as directive_pages
from .settings import DirectiveSettings

IN_INBOX = 20
"""Directives that the inbox shows at once; list_directives has all."""


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.send_directive,
        operations.list_directives,
        operations.get_directive,
        operations.wait_directive,
        operations.cancel_directive,
        claims.claim_directive,
        claims.report_directive,
        expiry.settle_directive,
        output.append_output,
        output.append_error,
        output.get_agent_output,
        output.get_agent_errors,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("directives", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return directive_pages.PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[DirectiveSettings]:
    return DirectiveSettings


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [
        Countdown("directives", ("lease_expires_at",), "lease_agent IS NOT NULL"),
        Countdown("directives", ("expires_at",), "status = 'pending' AND expires_at IS NOT NULL"),
    ]


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("directives.reap", expiry.reap, every=expiry.SECONDS, per_team=True)]


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    await expiry.give_up_retired(context, agent.name)


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    waiting = await operations.waiting(context, IN_INBOX)
    return {"directives": waiting} if waiting else None


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    number = queries.count_received(reader, context.actor.name, "pending")
    return {"directives": number} if number else None
