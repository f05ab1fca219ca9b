"""The pages of reports."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, charts, current_visit, form_call, render, see

from ..reports import REPORTS
from ..reports.operations import delete_audit_report, get_audit_report
from . import values
from .values import midnight

STYLES = ("paper.css", "audit.css")
STANDALONE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


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
        **values.WORDS,
    )


async def make_report(context: Context, request: Request) -> Response:
    """Make a report and show it."""
    form = await request.form
    outcome = await form_call(
        context,
        "generate_audit_report",
        report_type=form.get("report_type", ""),
        since=midnight(form.get("since", ""), "start"),
        until=midnight(form.get("until", ""), "next"),
        project_id=form.get("project_id", "").strip() or None,
        visibility=form.get("visibility") or None,
    )
    if not outcome.ok:
        return await show_reports(context, request, outcome)
    return see(f"/audit/reports/{outcome.result.id}")


async def show_report(context: Context, request: Request, report_id: int) -> Response:
    """One report, with its charts and tables."""
    report = await context.call(get_audit_report, report_id=report_id)
    return await render(context, "audit/report.html", report=report, **values.of_report(context, report))


async def export_report(context: Context, request: Request, report_id: int) -> Response:
    """One report as a page that needs no server."""
    report = await context.call(get_audit_report, report_id=report_id)
    styles = [(files("teammcp_audit") / "static" / name).read_text(encoding="utf-8") for name in STYLES]
    styles.append(charts.style())
    response = await render(
        context,
        "audit/standalone.html",
        report=report,
        styles="\n".join(styles),
        **values.of_report(context, report),
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{report.report_type}-report-{report.id}.html"'
    response.headers["Content-Security-Policy"] = STANDALONE_POLICY
    return response


async def delete_report(context: Context, request: Request, report_id: int) -> Response:
    """Delete a report."""
    await context.call(delete_audit_report, report_id=report_id)
    return see("/audit/reports")


PAGES = [
    Page("/audit/reports", show_reports),
    Page("/audit/reports/new", make_report, ("POST",), Access.manager),
    Page("/audit/reports/<int:report_id>", show_report),
    Page("/audit/reports/<int:report_id>/export", export_report),
    Page("/audit/reports/<int:report_id>/delete", delete_report, ("POST",), Access.owner),
]
