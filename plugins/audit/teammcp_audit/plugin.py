"""What audit contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

import click

from teammcp import Migration, Server, hookimpl, load_migrations
from teammcp.web import Page

from . import changelog, commands, exporting, pages, reporting, retention, sealing, verifying
from .events import EVENT_KINDS
from .models import AuditSettings


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
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
async def startup(server: Server) -> None:
    await sealing.seal_teams(server, now=True)


@hookimpl
async def shutdown(server: Server) -> None:
    await sealing.seal_teams(server, now=True)


@hookimpl
def register_commands(cli: click.Group) -> None:
    cli.add_command(commands.audit)


@hookimpl
def register_jobs(scheduler: Any, server: Server) -> None:
    scheduler.add_job(sealing.seal_teams, "interval", [server], minutes=1, id="audit-seals")
    scheduler.add_job(retention.retain_events, "interval", [server], hours=1, id="audit-retention")
    scheduler.add_job(exporting.clear_exports, "interval", [server], hours=1, id="audit-exports")
    scheduler.add_job(reporting.make_scheduled_reports, "interval", [server], minutes=15, id="audit-reports")
