"""The page of the change log."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from quart import Request, Response

from teammcp import Access, Attachment, Context
from teammcp.web import Page, form_call, mark, render, see, send_attachment

from ..models import ChangeLog
from . import values
from .values import midnight

FILTERS = ("actor", "kind", "subject", "project_id", "field", "channel", "surface", "since", "until", "text")
SURFACES = {
    "mcp": mark("MCP"),
    "rest": mark("REST"),
    "page": mark("Dashboard"),
    "stream": mark("Live stream"),
    "plugin": mark("Server and plugins"),
}


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
        changes=values.changes,
        subject_path=values.subject_path,
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
    arguments["since"] = midnight(asked["since"], "start")
    arguments["until"] = midnight(asked["until"], "next")
    return arguments


PAGES = [
    Page("/audit", show_log, label=mark("Audit"), icon="audit", order=60),
    Page("/audit/export", export_log, access=Access.manager),
]
