"""What approvals contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from teammcp import (
    Context,
    Countdown,
    Deferred,
    EventData,
    Job,
    Migration,
    NotificationKind,
    Operation,
    Reader,
    Server,
    StateChange,
    Team,
    hookimpl,
    load_migrations,
)
from teammcp.web import Page

from . import jobs, memory, state
from .events import EVENT_KINDS
from .notification_kinds import KINDS
from .pages import PAGES
from .permissions import operations as permissions
from .requests import waiting
from .requests.operations import decisions, delegation, expiry, requests
from .rules import gate
from .rules import operations as rules
from .settings import ApprovalSettings

NOTICE_CAP = 100
SHOWN = 20


@hookimpl
def register_settings() -> type[BaseModel]:
    return ApprovalSettings


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("approvals", __package__)


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_operations() -> list[Any]:
    return [
        requests.request_approval,
        requests.get_pending_approvals,
        requests.get_state_approvals,
        requests.list_approvals,
        requests.get_approval,
        requests.cancel_approval,
        requests.confirm_approval,
        delegation.delegate_approval,
        delegation.delegate_approvals,
        delegation.end_delegation,
        delegation.get_delegation,
        rules.list_approval_rules,
        rules.add_approval_rule,
        rules.add_permission_rule,
        rules.delete_approval_rule,
        permissions.check_permission,
        permissions.request_permission,
        permissions.permission_hook,
        decisions.resolve_approval,
        decisions.resolve_state_approval,
        expiry.expire_approval,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_notification_kinds() -> tuple[NotificationKind, ...]:
    return KINDS


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("approvals", ("expires_at",), "closed_at IS NULL")]


@hookimpl
def register_jobs(server: Server) -> list[Job]:
    rules.check_settings(server)
    return [Job("approvals", jobs.expire, every=jobs.SECONDS, per_team=True)]


@hookimpl
async def team_opened(team: Team) -> None:
    await memory.load(team)


@hookimpl
async def before_operation(context: Context, operation: Operation, arguments: BaseModel) -> Deferred[Any] | None:
    return await gate.look(context, operation, arguments)


@hookimpl
async def before_state_change(context: Context, change: StateChange) -> StateChange | Deferred[Any] | None:
    return await state.look(context, change)


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    found = await context.read(waiting.pending, context, SHOWN)
    return {"approvals": found} if found else None


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    count = waiting.count_pending(reader, context, NOTICE_CAP)
    return {"approvals": count} if count else None
