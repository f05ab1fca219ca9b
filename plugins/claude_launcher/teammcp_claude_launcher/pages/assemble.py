"""Pages on which a team is assembled: a need, a proposal with reasons and cost, one yes, and a hand-over at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Notice, Outcome, Page, form_call, see
from teammcp.web import gettext as _

from ..homes.models import RuntimeKind
from ..roles.describing import free_name
from .layout import show
from .standing import standings
from .start import by_use, is_ready
from .words import said_by_gallery

PATH = "/launcher/assemble"
ONE = f"{PATH}/<int:assembly_id>"
SHOWN = 20
ROWS = 12
"""Members of a proposal at most."""
MEMBER = ("name", "role", "description", "reason", "task", "runtime", "machine", "credential")
"""What is chosen of each."""
OPTIONAL = ("role", "machine", "credential")
"""Of these, what is empty is left out."""


async def assemble(context: Context, request: Request) -> Response:
    """What is needed, and the teams that were proposed and assembled."""
    return await _assemble(context, Outcome())


async def _assemble(context: Context, outcome: Outcome, typed: Mapping[str, str] | None = None) -> Response:
    waiting = (await context.call("list_assemblies", status="proposed", limit=SHOWN)).root
    found = (await context.call("list_assemblies", limit=SHOWN)).root
    homes = (await context.call("list_agent_homes")).root
    roles = (await context.call("list_roles")).root
    leads = {role.title for role in roles if role.name == "lead"}
    return await show(
        context,
        "assemble.html",
        "assemble",
        outcome,
        waiting=waiting,
        assemblies=[each for each in found if each.status != "proposed"],
        roles=roles,
        leads=[home.agent for home in sorted(homes, key=lambda home: (home.role not in leads, home.agent))],
        typed=typed or {},
    )


async def need(context: Context, request: Request) -> Response:
    """Have an agent propose a team for a need, or go on to choose it oneself."""
    form = await request.form
    if "lead" in form:
        outcome = await form_call(context, "assemble_team", need=form.get("need", ""), lead=form["lead"])
        if outcome.ok:
            text = _("%(name)s was asked. The proposal appears here.", name=outcome.result.asked)
            outcome = Outcome(notice=Notice("done", text))
            return await _assemble(context, outcome)
        return await _assemble(context, outcome, form)
    roles = {role.name: role for role in (await context.call("list_roles")).root}
    chosen = [roles[name] for name in form.getlist("role") if name in roles]
    rows = [
        {**dict.fromkeys(MEMBER, ""), "role": role.name, "reason": said_by_gallery(role.summary)}
        for role in chosen[:ROWS]
    ]
    for row in rows:
        row["name"] = free_name(context, row["role"], [each["name"] for each in rows])
    return await _draft(context, Outcome(), form.get("need", ""), "", rows or [dict.fromkeys(MEMBER, "")])


async def _draft(context: Context, outcome: Outcome, wanted: str, cost: str, rows: list[dict[str, str]]) -> Response:
    kinds: list[RuntimeKind] = (await context.call("list_runtimes")).root
    return await show(
        context,
        "draft.html",
        "assemble",
        outcome,
        need=wanted,
        cost=cost,
        rows=rows,
        kinds=_to_choose(kinds),
        machines=sorted({each.machine for kind in kinds for each in kind.machines}),
        credentials=(await context.call("list_credentials")).root if context.actor.access >= Access.manager else [],
        roles=(await context.call("list_roles")).root,
    )


def _to_choose(kinds: list[RuntimeKind]) -> list[RuntimeKind]:
    """The programs of which nothing more has to be said than which one: a proposal has no room for their options."""
    return by_use([kind for kind in kinds if is_ready(kind)] or kinds)


async def propose(context: Context, request: Request) -> Response:
    """Propose the team that somebody has chosen; who may then says yes to it on its page."""
    form = await request.form
    rows = [
        {name: form.get(f"{name}.{number}", "").strip() for name in MEMBER}
        for number in range(ROWS)
        if f"name.{number}" in form
    ]
    cost, wanted = form.get("cost_usd", "").strip(), form.get("need", "")
    if "more" in form:
        return await _draft(context, Outcome(), wanted, cost, [*rows, dict.fromkeys(MEMBER, "")][:ROWS])
    members = [_member(row) for row in rows if row["name"]]
    if not members:
        text = _("name: give at least one member a name.")
        return await _draft(context, Outcome(notice=Notice("error", text, "name.0"), status=400), wanted, cost, rows)
    outcome = await form_call(context, "assemble_team", need=wanted, members=members, cost_usd=cost or None)
    if outcome.ok:
        return see(f"{PATH}/{outcome.result.proposal.assembly_id}")
    return await _draft(context, outcome, wanted, cost, rows)


def _member(row: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value or name not in OPTIONAL}


async def one(context: Context, request: Request, assembly_id: int) -> Response:
    """One team: who, why, at which cost, and what came of it."""
    return await _one(context, assembly_id, Outcome())


async def _one(context: Context, assembly_id: int, outcome: Outcome) -> Response:
    found = await context.call("get_assembly", assembly_id=assembly_id)
    roles = (await context.call("list_roles")).root
    titles = {role.name: said_by_gallery(role.title) for role in roles}
    stand = {each.agent: each for each in await standings(context) if each.home.assembly == assembly_id}
    return await show(context, "assembly.html", "assemble", outcome, each=found, titles=titles, standings=stand)


async def decide(context: Context, request: Request, assembly_id: int, action: str) -> Response:
    """Say yes or no, or let a team go whose work is done."""
    form = await request.form
    given: dict[str, Any] = {}
    if action == "accept" and form.get("cost_usd", "").strip():
        given["cost_usd"] = form["cost_usd"].strip()
    if action == "retire":
        given = {"handover": form.get("handover", ""), "channel": form.get("channel", "general")}
    outcome = await form_call(context, f"{action}_assembly", assembly_id=assembly_id, **given)
    return see(f"{PATH}/{assembly_id}") if outcome.ok else await _one(context, assembly_id, outcome)


PAGES = [
    Page(PATH, assemble, access=Access.member),
    Page(f"{PATH}/need", need, ("POST",), Access.member),
    Page(f"{PATH}/propose", propose, ("POST",), Access.member),
    Page(ONE, one, access=Access.member),
    Page(f"{ONE}/<any(accept, decline, retire):action>", decide, ("POST",), Access.manager),
]
