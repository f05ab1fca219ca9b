"""Making, listing and reading reports."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Access,
    Context,
    InvalidInput,
    NotFound,
    ProjectId,
    Reader,
    Team,
    Timestamp,
    Transaction,
    Until,
    Work,
    operation,
)

from .. import queries
from ..events import ReportDeleted, ReportGenerated
from ..models import (
    AuditSettings,
    DeletedReport,
    Report,
    ReportList,
    ReportSummary,
    ReportType,
    ScheduledReport,
    Visibility,
)
from ..retention.operations import managers
from . import REPORTS, Scope, message_queries, stored_queries
from .steps import DAY, LONGEST_YEARS

WEEK = 7 * 24 * 3600 * 1000
ReportId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
ReportLimit = Annotated[int, Field(ge=1, le=100)]

log = logging.getLogger(__name__)


@operation("POST /api/audit/reports", access="manager", profile="audit")
async def generate_audit_report(
    context: Context,
    report_type: ReportType,
    since: Timestamp | None = None,
    until: Until | None = None,
    project_id: ProjectId | None = None,
    visibility: Visibility = "managers",
) -> Work[Report]:
    """Report on a period (by default the last week): compliance, efficiency, anomaly or communication.

    visibility "all" lets every member read it; of messages it then covers open channels only. project_id narrows what
    it says of the shared state and of tasks.
    """
    end = context.now() if until is None else until
    begin = end - WEEK if since is None else since
    if begin >= end:
        raise InvalidInput("since: must be before until.")
    if end - begin > LONGEST_YEARS * 366 * DAY:
        raise InvalidInput(f"since: must be at most {LONGEST_YEARS} years before until.")
    events, messages = await context.read(_ids, begin, end)
    zone = context.actor.time_zone
    scope = Scope(begin, end, events, messages, project_id, open_only=visibility == "all", zone=ZoneInfo(zone))
    found = await REPORTS[report_type](context, scope)
    report = Report(
        id=0,
        report_type=report_type,
        visibility=visibility,
        project_id=project_id,
        since=begin,
        until=end,
        generated_by=context.actor.name,
        generated_at=context.now(),
        finding_count=found.finding_count,
        figures=found.figures,
        sections=found.sections,
        time_zone=zone,
    )

    def work(tx: Transaction) -> Report:
        stored = report.model_copy(update={"id": stored_queries.insert(tx, report)})
        summary = {name: getattr(stored, name) for name in ReportSummary.model_fields}
        audience = None if visibility == "all" else managers(context)
        context.emit(tx, ReportGenerated(**summary), stored.id, agents=audience)
        return stored

    return work


def _ids(reader: Reader, since: int, until: int) -> tuple[range, range]:
    events = range(queries.position(reader, since), queries.position(reader, until))
    return events, message_queries.ids(reader, since, until)


@operation("GET /api/audit/reports", access="manager", profile="audit", read_only=True)
async def get_audit_reports(
    context: Context,
    report_type: ReportType | None = None,
    project_id: ProjectId | None = None,
    limit: ReportLimit = 20,
    before: ReportId | None = None,
) -> ReportList:
    """List the reports, newest first, without their tables."""
    return ReportList(await context.read(stored_queries.summaries, report_type, project_id, limit, before, False))


@operation("GET /api/reports/public", profile="audit", read_only=True)
async def get_public_reports(
    context: Context,
    report_type: ReportType | None = None,
    project_id: ProjectId | None = None,
    limit: ReportLimit = 20,
    before: ReportId | None = None,
) -> ReportList:
    """List the reports that every member may read, newest first. get_audit_report shows one."""
    return ReportList(await context.read(stored_queries.summaries, report_type, project_id, limit, before, True))


@operation("GET /api/audit/reports/{report_id}", access="observer", profile="audit", read_only=True)
async def get_audit_report(context: Context, report_id: ReportId) -> Report:
    """Read a report: its figures and tables."""
    report = await context.read(stored_queries.report, report_id)
    if report is None or (report.visibility != "all" and context.actor.access < Access.manager):
        raise NotFound(f"report_id: there is no report {report_id} that you may read.", code="report_not_found")
    return report


@operation("DELETE /api/audit/reports/{report_id}", access="owner", profile="audit", destructive=True)
async def delete_audit_report(context: Context, report_id: ReportId) -> Work[DeletedReport]:
    """Delete a report. What it was about stays in the log, so it can be made again."""

    def work(tx: Transaction) -> DeletedReport:
        if not stored_queries.delete(tx, report_id):
            raise NotFound(f"report_id: there is no report {report_id}.", code="report_not_found")
        context.emit(tx, ReportDeleted(), report_id, agents=managers(context))
        return DeletedReport(id=report_id)

    return work


# -- on schedule -----------------------------------------------------------------------------------------------------


async def make_scheduled_reports(team: Team) -> None:
    """The job: make the reports of the day or week that has just ended, once each, also after a time of rest."""
    context = Context.inside(team)
    settings: AuditSettings = context.settings("audit")
    for wanted in settings.schedule:
        since, until = last_period(context.now(), wanted)
        if await context.read(stored_queries.exists, wanted.report_type, since, until):
            continue
        given: dict[str, Any] = {"report_type": wanted.report_type, "visibility": wanted.visibility}
        await context.call(generate_audit_report, since=since, until=until, **given)


def last_period(now: int, wanted: ScheduledReport) -> tuple[int, int]:
    """The last whole day or week (from Monday on), UTC."""
    today = datetime.fromtimestamp(now / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    length = timedelta(days=1)
    if wanted.every == "week":
        today -= timedelta(days=today.weekday())
        length = timedelta(days=7)
    return round((today - length).timestamp() * 1000), round(today.timestamp() * 1000)
