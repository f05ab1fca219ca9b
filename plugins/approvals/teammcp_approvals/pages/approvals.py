"""Pages of approvals: what waits for one's word, what one has proposed, what became of all others."""

from __future__ import annotations

from functools import partial
from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import (
    Notice,
    Outcome,
    Page,
    form_call,
    fragment,
    go_back,
    kind_of,
    mark,
    render,
    see,
    values,
    wants_fragment,
)
from teammcp.web import gettext as _

from ..models import ApprovalList, Delegated
from ..requests.operations.delegation import get_delegation
from ..requests.operations.requests import get_approval, get_pending_approvals
from .cards import card, cards
from .rules import words

PAGE = 30
DAY = 24 * 3600 * 1000
AWAY = (1, 3, 7, 14, 28)
"""Days for which an approver can name somebody."""
STATUSES = ("pending", "needs_confirmation", "approved", "rejected", "cancelled", "expired", "failed")
KINDS = ("state", "operation", "request", "permission")


# -- looking ---------------------------------------------------------------------------------------------------------


async def overview(context: Context, request: Request) -> Response:
    """What waits for one's word, and what one has proposed that is still open."""
    return await _overview(context)


async def _overview(context: Context, outcome: Outcome | None = None) -> Response:
    waiting = await context.call(get_pending_approvals)
    me = context.actor.name
    mine = [await context.call("list_approvals", proposed_by=me, status=status, limit=PAGE) for status in STATUSES[:2]]
    away: Delegated = await context.call(get_delegation)
    return await _render(
        context,
        "approvals/overview.html",
        outcome,
        waiting=await cards(context, waiting),
        mine=await cards(context, ApprovalList([each for found in mine for each in found.root])),
        away=away,
        days=AWAY,
        others=_others(context),
    )


async def one(context: Context, request: Request, approval_id: int) -> Response:
    """One approval."""
    return await _one(context, approval_id)


async def _one(context: Context, approval_id: int, outcome: Outcome | None = None) -> Response:
    found = await context.call(get_approval, approval_id=approval_id)
    shown = await card(context, found)
    return await _render(context, "approvals/one.html", outcome, each=shown, others=_others(context))


async def history(context: Context, request: Request) -> Response:
    """All approvals that one may see, with filters."""
    filters = {key: request.args.get(key, "") for key in ("status", "kind", "proposed_by")}
    given: dict[str, Any] = {key: value for key, value in filters.items() if value}
    if request.args.get("before", "").isdecimal():
        given["before"] = int(request.args["before"])
    outcome = await form_call(context, "list_approvals", limit=PAGE, **given)
    found = outcome.result.root if outcome.ok else []
    return await _render(
        context,
        "approvals/history.html",
        outcome,
        found=found,
        filters=filters,
        statuses=STATUSES,
        kinds=KINDS,
        more=found[-1].approval_id if len(found) == PAGE else None,
    )


def _others(context: Context) -> list[str]:
    """Members to whom one can give one's word."""
    everybody = context.team.directory.agents.values()
    return sorted(agent.name for agent in everybody if not agent.retired and agent != context.actor)


async def _render(context: Context, template: str, outcome: Outcome | None = None, **variables: Any) -> Response:
    outcome = outcome or Outcome()
    return await render(
        context,
        template,
        outcome.status,
        notice=outcome.notice,
        kind_of=partial(kind_of, context),
        rendered=values.rendered,
        **variables,
    )


# -- doing -----------------------------------------------------------------------------------------------------------


async def ask(context: Context, request: Request) -> Response:
    """Ask for approval of something."""
    form = (await request.form).to_dict()
    shown = {"title": "", "details": "", "approvers": "manager", "quorum": "1", **form}
    outcome = Outcome()
    if request.method == "POST":
        outcome = await form_call(
            context,
            "request_approval",
            title=shown["title"],
            details=shown["details"],
            approvers=words(shown["approvers"]),
            quorum=shown["quorum"],
        )
        if outcome.ok:
            return see(f"/approvals/{outcome.result.approval_id}")
    return await _render(context, "approvals/ask.html", outcome, values=shown)


async def resolve(context: Context, request: Request, approval_id: int) -> Response:
    """Say yes or no."""
    form = await request.form
    approved = {"yes": True, "no": False}.get(form.get("approved", ""))  # what was not said is no answer
    comment = form.get("comment", "")
    outcome = await form_call(context, "resolve_approval", approval_id=approval_id, approved=approved, comment=comment)
    if outcome.ok and outcome.result.success:
        if wants_fragment(request):
            notice = Notice("done", _said(approval_id, bool(approved), outcome.result.approval_status))
            return await fragment(context, "web/notice.html", [], notice=notice)
        return await go_back(request, "/approvals")
    if outcome.ok:
        outcome = Outcome(notice=Notice("info", _not_done(outcome.result.approval_status, outcome.result.error)))
    return await _overview(context, outcome)


def _said(approval_id: int, approved: bool, status: str) -> str:
    if not approved:
        return _("You rejected approval %(number)s.", number=approval_id)
    if status == "pending":
        return _("You agreed to approval %(number)s; others have to agree as well.", number=approval_id)
    return _("You approved approval %(number)s.", number=approval_id)


def _not_done(status: str, error: str) -> str:
    if status == "needs_confirmation":
        return _("The field has changed since this was proposed. Whoever proposed it has to confirm it first.")
    return _("It was approved, but could not be done: %(error)s", error=error)


async def change(context: Context, request: Request, approval_id: int, action: str) -> Response:
    """Cancel or confirm one's own proposal, or let somebody else decide."""
    form = await request.form
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "cancel": ("cancel_approval", {}),
        "confirm": ("confirm_approval", {}),
        "delegate": ("delegate_approval", {"to": form.get("to", "")}),
    }
    operation, arguments = calls[action]
    outcome = await form_call(context, operation, approval_id=approval_id, **arguments)
    return (
        await go_back(request, f"/approvals/{approval_id}") if outcome.ok else await _one(context, approval_id, outcome)
    )


async def away(context: Context, request: Request) -> Response:
    """Let somebody decide on all one's approvals for some days, or no longer."""
    form = await request.form
    days = form.get("days", "")
    if "end" in form:
        outcome = await form_call(context, "end_delegation")
    else:
        until = context.now() + DAY * (int(days) if days.isdecimal() and len(days) < 4 else 1)
        outcome = await form_call(context, "delegate_approvals", to=form.get("to", ""), until=until)
    return see("/approvals") if outcome.ok else await _overview(context, outcome)


NEWS = (
    "approval.requested",
    "approval.decided",
    "approval.approved",
    "approval.rejected",
    "approval.cancelled",
    "approval.expired",
    "approval.failed",
    "approval.needs_confirmation",
    "approval.confirmed",
    "approval.delegated",
    "approval.delegation_changed",
)
ONE = "/approvals/<int:approval_id>"

PAGES = [
    Page("/approvals", overview, label=mark("Approvals"), icon="check", order=50, badge="approvals", badge_on=NEWS),
    Page("/approvals/history", history),
    Page("/approvals/new", ask, ("GET", "POST"), Access.member),
    Page("/approvals/away", away, ("POST",), Access.member),
    Page(ONE, one),
    Page(f"{ONE}/resolve", resolve, ("POST",), Access.member),
    Page(f"{ONE}/<any(cancel, confirm, delegate):action>", change, ("POST",), Access.member),
]
