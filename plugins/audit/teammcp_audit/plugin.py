"""What audit contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from teammcp import EventData, Job, Migration, Team, hookimpl, load_migrations
from teammcp.web import Page

from .changelog import exports
from .changelog import operations as changelog
from .events import EVENT_KINDS
from .models import AuditSettings
from .pages import PAGES
from .reports import operations as reports
from .retention import operations as retention
from .seals import operations as seals


@hookimpl
def register_operations() -> list[Any]:
    return [
        changelog.get_changelog,
        changelog.export_changelog,
        seals.seal_events,
        seals.get_audit_seals,
        seals.verify_audit,
        retention.archive_events,
        retention.prune_events,
        reports.generate_audit_report,
        reports.get_audit_reports,
        reports.get_public_reports,
        reports.get_audit_report,
        reports.delete_audit_report,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("audit", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_settings() -> type[AuditSettings]:
    return AuditSettings


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    await seals.seal_all(team)


@hookimpl
async def team_closed(team: Team) -> None:
    await seals.seal_all(team)


@hookimpl
def register_jobs() -> list[Job]:
    return [
        Job("audit-seals", seals.seal_due, every=60, per_team=True),
        Job("audit-retention", retention.retain_events, every=3600, per_team=True),
        Job("audit-exports", exports.clear_exports, every=3600, per_team=True),
        Job("audit-reports", reports.make_scheduled_reports, every=900, per_team=True),
    ]
