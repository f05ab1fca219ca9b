"""The page of seals."""

from __future__ import annotations

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, form_call, gettext, render

from ..seals.operations import get_audit_seals


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
    Page("/audit/seals", show_seals, access=Access.manager),
    Page("/audit/seals/verify", check_seals, ("POST",), Access.owner),
]
