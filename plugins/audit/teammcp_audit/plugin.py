"""What audit contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

import click

from teammcp import EventData, Job, Migration, Team, hookimpl, load_migrations
from teammcp.web import Page

from . import commands
from .changelog import entries as changelog
from .changelog import exports as exporting
from .events import EVENT_KINDS
from .models import AuditSettings
from .pages import audit as pages
from .reports import operations as reporting
from .retention import operations as retention
from .seals import operations as sealing
from .seals import verification as verifying


@hookimpl
def register_operations() -> list[Any]:
    return [
        changelog.get_changelog,
        exporting.export_changelog,
        sealing.seal_events,
        sealing.get_audit_seals,
        verifying.verify_audit,
        retention.archive_events,
        retention.prune_events,
        reporting.generate_audit_report,
        reporting.get_audit_reports,
        reporting.get_public_reports,
        reporting.get_audit_report,
        reporting.delete_audit_report,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("audit", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_settings() -> type[AuditSettings]:
    return AuditSettings


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    await sealing.seal_all(team)


@hookimpl
async def team_closed(team: Team) -> None:
    await sealing.seal_all(team)


@hookimpl
def register_commands(cli: click.Group) -> None:
    cli.add_command(commands.audit)


@hookimpl
def register_jobs() -> list[Job]:
    return [
        Job("audit-seals", sealing.seal_due, every=60, per_team=True),
        Job("audit-retention", retention.retain_events, every=3600, per_team=True),
        Job("audit-exports", exporting.clear_exports, every=3600, per_team=True),
        Job("audit-reports", reporting.make_scheduled_reports, every=900, per_team=True),
    ]
