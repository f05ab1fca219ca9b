"""The report on whether what was done was somebody's to do: changes, approvals, acknowledgements, keys."""

from __future__ import annotations

from typing import Any

from teammcp import Context

from ..models import AuditSettings
from . import message_queries, queries
from .findings import Findings
from .queries import LISTED, Scope, chunks
from .steps import DAY, HOUR


async def compliance(context: Context, scope: Scope) -> Findings:
    """Unapproved changes, rejected proposals, overdue acknowledgements, dormant keys, looks into direct messages."""
    found = Findings()
    settings: AuditSettings = context.settings("audit")
    changes = await context.read(queries.state_changes, scope)
    found.figures = {
        "state_changes": changes["changes"],
        "approved_changes": changes["approved"],
        "unapproved_changes": changes["unapproved"],
    }
    found.add(
        "unapproved_changes",
        ("changed_at", "project_id", "field", "version", "changed_by", "owner", "approval_required"),
        await context.read(queries.unapproved_changes, scope),
        finding=True,
    )
    found.add(
        "rejected_approvals",
        ("at", "approval_id", "proposer", "rejected_by"),
        await context.read(queries.rejections, scope),
        finding=True,
    )
    found.add(
        "overdue_acknowledgements",
        ("sent_at", "message_id", "channel", "sender", "agent", "acked_at"),
        await _overdue(context, scope, settings.overdue_hours * HOUR),
        finding=True,
    )
    keys = await _dormant_keys(context, scope.until - settings.dormant_days * DAY)
    found.add("dormant_keys", ("agent", "kind", "access", "last_seen_at"), keys, finding=True)
    looks = await context.read(queries.of_kind, scope, "dm.overseen")
    found.add("overseen_messages", ("at", "actor", "subject"), looks)
    return found


async def _overdue(context: Context, scope: Scope, late: int) -> list[Any]:
    found: list[Any] = []
    for ids in chunks(scope.messages):
        found += await context.read(message_queries.overdue, scope, ids, late)
        if len(found) >= LISTED:
            break
    return found[:LISTED]


async def _dormant_keys(context: Context, before: int) -> list[dict[str, Any]]:
    """The members that nobody was seen as since ``before``."""
    agents = (await context.call("get_agents")).root
    seen = {agent.name: agent.lastSeen or agent.created_at for agent in agents}
    return [
        {"agent": agent.name, "kind": agent.kind, "access": agent.access, "last_seen_at": agent.lastSeen}
        for agent in sorted(agents, key=lambda agent: seen[agent.name])
        if seen[agent.name] < before
    ]
