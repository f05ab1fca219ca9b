"""The pages of directives: what waits, what one has sent, one of them with its result; and an agent's output."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, Terminal, form_call, mark, render, see
from ....web import gettext as _
from ..directives.models import Directive, DirectiveList
from ..directives.operations.directives import get_directive, list_directives
from ..output.models import Output
from ..output.operations import get_agent_output

SHOWN = 100
TAIL = 200
"""Chunks of output on the page."""
FIELDS = {"to_agent": "", "instruction": "", "priority": "medium", "hours": ""}
"""The fields of the form, and what they hold at first."""


async def directives(context: Context, request: Request) -> Response:
    """What is unfinished of all that the visitor may see; or what waits for it, what it has sent, what has ended."""
    role, status = request.args.get("role", ""), request.args.get("status", "open")
    found = await _seen(context, role, status, request.args.get("cursor", type=int))
    return await render(
        context,
        "directives/list.html",
        found=found,
        role=role,
        wanted=status,
        views={
            "": _("Everybody's") if context.actor.access >= Access.manager else _("For me and from me"),
            "received": _("For me"),
            "sent": _("From me"),
        },
        elsewhere=[] if found.directives else await _elsewhere(context, role, status),
    )


async def _seen(context: Context, role: str, status: str, before: int | None = None) -> DirectiveList:
    """A page of directives; the role ``""`` is whatever the visitor may see."""
    if role:
        return await _listed(context, role, status, before)
    if context.actor.access >= Access.manager:
        return await _listed(context, "all", status, before)
    sides = [await _listed(context, side, status, before) for side in ("received", "sent")]
    end = max(side.next or 0 for side in sides)  # behind it, one side is not complete
    both = {each.id: each for side in sides for each in side.directives if each.id >= end}
    shown = sorted(both.values(), key=lambda each: -each.id)
    return DirectiveList(directives=shown, next=end or None)


async def _listed(context: Context, role: str, status: str, before: int | None) -> DirectiveList:
    arguments: dict[str, Any] = {"role": role, "status": status, "limit": SHOWN}
    if before:
        arguments["cursor"] = before
    found: DirectiveList = await context.call(list_directives, **arguments)
    return found


async def _elsewhere(context: Context, role: str, status: str) -> list[tuple[str, str, int]]:
    """The views that hold something while this one is empty: role, status, and how many (`SHOWN` at most)."""
    views = [(other, wanted) for other in ("", "received", "sent") for wanted in ("open", "all")]
    counted = [(*view, len((await _seen(context, *view)).directives)) for view in views if view != (role, status)]
    return [view for view in counted if view[2]]


async def new_directive(context: Context, request: Request) -> Response:
    """A form for a directive, and the directive."""
    form = await request.form
    given = request.args if request.method == "GET" else form
    values = {name: given.get(name, default) for name, default in FIELDS.items()}
    outcome = Outcome()
    if request.method == "POST":
        outcome = await form_call(
            context,
            "send_directive",
            instruction=values["instruction"],
            expires_in=_seconds(values["hours"]),
            **{name: values[name] for name in ("to_agent", "priority")},
        )
        if outcome.ok:
            return see(f"/directives/{outcome.result.directive.id}")
    members = (await context.call("get_agents")).root
    return await render(
        context,
        "directives/new.html",
        outcome.status,
        notice=outcome.notice,
        values=values,
        members=sorted(
            (member for member in members if member.name != context.actor.name),
            key=lambda member: member.kind == "human",
        ),
    )


def _seconds(hours: str) -> int | str | None:
    """What a number of hours is in seconds; anything else is for the operation to refuse."""
    return int(hours) * 3600 if hours.isdecimal() else hours or None


async def directive(context: Context, request: Request, directive_id: int) -> Response:
    """One directive, with its result."""
    return await _show(context, directive_id, Outcome())


async def _show(context: Context, directive_id: int, outcome: Outcome) -> Response:
    found = await context.call(get_directive, directive_id=directive_id)
    return await render(
        context,
        "directives/directive.html",
        outcome.status,
        notice=outcome.notice,
        directive=found.directive,
        may_cancel=_may_cancel(context, found.directive),
        is_worker=found.directive.worker == context.actor.name,
        sees_output=_sees_output(context, found.directive),
    )


def _may_cancel(context: Context, directive: Directive) -> bool:
    """Whether to offer it; whether it is allowed is for the operation to say."""
    open_still = directive.status in ("pending", "running")
    return open_still and (directive.issuer == context.actor.name or context.actor.access >= Access.manager)


def _sees_output(context: Context, directive: Directive) -> bool:
    """Whether its worker is a program whose output the visitor may see."""
    worker = context.team.directory.agent(directive.worker)
    allowed = context.actor.access >= Access.manager or directive.worker == context.actor.name
    return allowed and worker is not None and worker.kind == "agent"


async def cancel(context: Context, request: Request, directive_id: int) -> Response:
    """Cancel a directive, once somebody is sure."""
    outcome = Outcome()
    if request.method == "POST":
        reason = (await request.form).get("reason", "")
        outcome = await form_call(context, "cancel_directive", directive_id=directive_id, reason=reason)
        if outcome.ok:
            return see(f"/directives/{directive_id}")
    found = await context.call(get_directive, directive_id=directive_id)
    return await render(
        context, "directives/cancel.html", outcome.status, notice=outcome.notice, directive=found.directive
    )


async def work_on(context: Context, request: Request, directive_id: int) -> Response:
    """Begin with a directive for the visitor, or say what came of it."""
    form = await request.form
    outcome = await form_call(context, "claim_directive", directive_id=directive_id)
    if outcome.ok and outcome.result.ok and "status" in form:
        outcome = await form_call(
            context,
            "report_directive",
            directive_id=directive_id,
            fencing_token=outcome.result.fencing_token,
            status=form["status"],
            result=form.get("result", ""),
        )
    return see(f"/directives/{directive_id}") if outcome.ok else await _show(context, directive_id, outcome)


async def output(context: Context, request: Request, name: str) -> Response:
    """The last of what an agent has put out, the newest last; it follows what comes."""
    found: Output = await context.call(get_agent_output, agent=name, limit=TAIL)
    terminals: defaultdict[str, Terminal] = defaultdict(Terminal)  # what is printed and what went wrong are two streams
    texts = [terminals[chunk.kind].show(chunk.text) for chunk in found.chunks]
    return await render(
        context, "directives/output.html", output=found, shown=list(zip(found.chunks, texts, strict=True))
    )


CHANGES = (
    "directive.sent",
    "directive.claimed",
    "directive.requeued",
    "directive.done",
    "directive.failed",
    "directive.cancelled",
    "directive.expired",
)
PAGES = [
    Page(
        "/directives",
        directives,
        label=mark("Directives"),
        icon="send",
        order=27,
        badge="directives",
        badge_on=CHANGES,
    ),
    Page("/directives/new", new_directive, ("GET", "POST"), Access.member),
    Page("/directives/<int:directive_id>", directive),
    Page("/directives/<int:directive_id>/cancel", cancel, ("GET", "POST"), Access.member),
    Page("/directives/<int:directive_id>/work", work_on, ("POST",), Access.member),
    Page("/agents/<name>/output", output),
]
