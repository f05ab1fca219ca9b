"""The page of rules: what waits for approval, and what tools of agents' programs may do."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Notice, Outcome, Page, form_call, render, see
from teammcp.web import gettext as _

from ..permissions import dangers
from ..rules.matching import can_wait
from ..rules.operations import list_approval_rules
from ..settings import PermissionRule

FIELDS = ("operation", "arguments", "who", "approvers", "quorum", "hours", "note", "tool", "input", "decision")


def words(text: str) -> list[str]:
    """Names that are separated by commas or spaces."""
    return text.replace(",", " ").split()


def patterns(text: str) -> dict[str, str]:
    """Lines ``name = pattern``.

    Raises:
        ValueError: a line is not of this form.
    """
    found = {}
    for line in text.splitlines():
        if line.strip():
            name, sign, pattern = line.partition("=")
            if not sign or not name.strip() or not pattern.strip():
                raise ValueError(line)
            found[name.strip()] = pattern.strip()
    return found


async def rules(context: Context, request: Request) -> Response:
    """All rules."""
    return await _rules(context)


async def _rules(context: Context, outcome: Outcome | None = None, typed: dict[str, str] | None = None) -> Response:
    outcome = outcome or Outcome()
    found = (await context.call(list_approval_rules)).root
    return await render(
        context,
        "approvals/rules.html",
        outcome.status,
        notice=outcome.notice,
        rules=[each for each in found if not isinstance(each.rule, PermissionRule)],
        permission_rules=[each for each in found if isinstance(each.rule, PermissionRule)],
        operations=sorted(each.name for each in context.server.registry if can_wait(each)),
        harms=[*dangers.COMMANDS, *dangers.PIPELINES, "touches credentials"],
        typed={**dict.fromkeys(FIELDS, ""), "approvers": "manager", "quorum": "1", **(typed or {})},
    )


async def add(context: Context, request: Request, kind: str) -> Response:
    """Make a rule."""
    form = (await request.form).to_dict()
    outcome = await _add(context, kind, form)
    return see("/approvals/rules") if outcome.ok else await _rules(context, outcome, form)


async def _add(context: Context, kind: str, form: dict[str, str]) -> Outcome:
    try:
        given = patterns(form.get("arguments" if kind == "operation" else "input", ""))
    except ValueError as error:
        text = _("'%(line)s' is no pattern; write one a line, as in: channel = general", line=str(error))
        return Outcome(notice=Notice("error", text), status=400)
    common: dict[str, Any] = {"who": words(form.get("who", "")), "note": form.get("note", "")}
    if kind == "permission":
        tool, decision = form.get("tool", ""), form.get("decision", "")
        return await form_call(context, "add_permission_rule", tool=tool, decision=decision, input=given, **common)
    hours = form.get("hours", "")
    return await form_call(
        context,
        "add_approval_rule",
        operation=form.get("operation", ""),
        arguments=given,
        approvers=words(form.get("approvers", "")),
        quorum=form.get("quorum") or 1,
        expires_minutes=60 * int(hours) if hours.isdecimal() and len(hours) < 6 else None,
        **common,
    )


async def delete(context: Context, request: Request, rule_id: int) -> Response:
    """Delete a rule."""
    outcome = await form_call(context, "delete_approval_rule", rule_id=rule_id)
    return see("/approvals/rules") if outcome.ok else await _rules(context, outcome)


PAGES = [
    Page("/approvals/rules", rules),
    Page("/approvals/rules/<any(operation, permission):kind>", add, ("POST",), Access.owner),
    Page("/approvals/rules/<int:rule_id>/delete", delete, ("POST",), Access.owner),
]
