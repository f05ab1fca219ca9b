"""The pages of the audit: the change log, reports, seals."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import urlencode

from quart import Request, Response

from teammcp import Access, Attachment, Context, read_time, rfc3339
from teammcp.web import Outcome, Page, current_visit, form_call, gettext, mark, render, see, send_attachment

from ..models import ChangeLog
from ..reports import REPORTS
from ..reports.operations import delete_audit_report, get_audit_report
from ..seals.operations import get_audit_seals
from . import values as showing

POST = ("POST",)
FILTERS = ("actor", "kind", "subject", "project_id", "field", "channel", "surface", "since", "until", "text")
SURFACES = {
    "mcp": mark("MCP"),
    "rest": mark("REST"),
    "page": mark("Dashboard"),
    "stream": mark("Live stream"),
    "plugin": mark("Server and plugins"),
}
STANDALONE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


async def show_log(context: Context, request: Request) -> Response:
    """The change log with its filters; who may not see it gets the reports for all."""
    if context.actor.access < Access.manager:
        return see("/audit/reports")
    asked = {name: request.args.get(name, "").strip() for name in FILTERS}
    before = request.args.get("before", type=int)
    outcome = await form_call(context, "get_changelog", **_arguments(asked), before=before)
    return await render(
        context,
        "audit/log.html",
        outcome.status,
        notice=outcome.notice,
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        log=outcome.result or ChangeLog(entries=[], next=None),
        is_first=before is None,
        surfaces=SURFACES,
        changes=showing.changes,
        subject_path=showing.subject_path,
    )


async def export_log(context: Context, request: Request) -> Response:
    """The change log as a file."""
    asked = {name: request.args.get(name, "").strip() for name in FILTERS}
    arguments = {name: value for name, value in _arguments(asked).items() if value is not None}
    found: Attachment = await context.call("export_changelog", format=request.args.get("format", "csv"), **arguments)
    return await send_attachment(found, request)


def _arguments(asked: dict[str, str]) -> dict[str, Any]:
    """What is in the form, as the operation takes it: the last day counts in, as the reader's calendar has it."""
    arguments: dict[str, Any] = {name: value or None for name, value in asked.items()}
    arguments["since"] = _midnight(asked["since"], "start")
    arguments["until"] = _midnight(asked["until"], "next")
    return arguments


def _midnight(day: str, edge: Literal["start", "next"]) -> str | None:
    """The beginning of a day or of the next; what is no day is left for the operation to refuse."""
    try:
        return rfc3339(read_time(day, current_visit().timezone, edge)) if day else None
    except ValueError:
        return day


# -- reports ---------------------------------------------------------------------------------------------------------


async def show_reports(context: Context, request: Request, outcome: Outcome | None = None) -> Response:
    """The reports that the reader may see, and what makes a new one."""
    outcome = outcome or Outcome()
    operation = "get_audit_reports" if context.actor.access >= Access.manager else "get_public_reports"
    found = await context.call(operation, limit=50, before=request.args.get("before", type=int))
    return await render(
        context,
        "audit/reports.html",
        outcome.status,
        notice=outcome.notice,
        reports=found.root,
        more=len(found.root) == 50,
        types=list(REPORTS),
        today=datetime.fromtimestamp(context.now() / 1000, current_visit().timezone).date(),
        **showing.WORDS,
    )


async def make_report(context: Context, request: Request) -> Response:
    """Make a report and show it."""
    form = await request.form
    outcome = await form_call(
        context,
        "generate_audit_report",
        report_type=form.get("report_type", ""),
        since=_midnight(form.get("since", ""), "start"),
        until=_midnight(form.get("until", ""), "next"),
        project_id=form.get("project_id", "").strip() or None,
        visibility=form.get("visibility") or None,
    )
    if not outcome.ok:
        return await show_reports(context, request, outcome)
    return see(f"/audit/reports/{outcome.result.id}")


async def show_report(context: Context, request: Request, report_id: int) -> Response:
    """One report, with its charts and tables."""
    report = await context.call(get_audit_report, report_id=report_id)
    return await render(context, "audit/report.html", report=report, **showing.of_report(context, report))


async def export_report(context: Context, request: Request, report_id: int) -> Response:
    """One report as a page that needs no server."""
    report = await context.call(get_audit_report, report_id=report_id)
    styles = [(files(__package__) / "static" / name).read_text(encoding="utf-8") for name in ("paper.css", "audit.css")]
    response = await render(
        context, "audit/standalone.html", report=report, styles="\n".join(styles), **showing.of_report(context, report)
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{report.report_type}-report-{report.id}.html"'
    response.headers["Content-Security-Policy"] = STANDALONE_POLICY
    return response


async def delete_report(context: Context, request: Request, report_id: int) -> Response:
    """Delete a report."""
    await context.call(delete_audit_report, report_id=report_id)
    return see("/audit/reports")


# -- seals -----------------------------------------------------------------------------------------------------------


async def show_seals(context: Context, request: Request) -> Response:
    """The seals, newest first, and what verification says once it was asked for."""
    return await _show_seals(context, request, Outcome())


async def check_seals(context: Context, request: Request) -> Response:
    """Verify the log."""
    return await _show_seals(context, request, await form_call(context, "verify_audit"))


async def _show_seals(context: Context, request: Request, outcome: Outcome) -> Response:
    total = (await context.call(get_audit_seals, limit=1)).total
    top = min(request.args.get("up_to", total, type=int), total)
    found = await context.call(get_audit_seals, after=max(top - 50, 0), limit=50)
    return await render(
        context,
        "audit/seals.html",
        outcome.status,
        notice=outcome.notice,
        seals=[seal for seal in reversed(found.seals) if seal.number <= top],
        unsealed=found.unsealed,
        older=top - 50,
        result=outcome.result,
        gettext=gettext,
    )


PAGES = [
    Page("/audit", show_log, label=mark("Audit"), icon="audit", order=60),
    Page("/audit/export", export_log, access=Access.manager),
    Page("/audit/reports", show_reports),
    Page("/audit/reports/new", make_report, POST, Access.manager),
    Page("/audit/reports/<int:report_id>", show_report),
    Page("/audit/reports/<int:report_id>/export", export_report),
    Page("/audit/reports/<int:report_id>/delete", delete_report, POST, Access.owner),
    Page("/audit/seals", show_seals, access=Access.manager),
    Page("/audit/seals/verify", check_seals, POST, Access.owner),
]
