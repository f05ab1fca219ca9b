"""Pages of machines: which run agents, what is installed there, letting another join, trusting one no longer."""

from __future__ import annotations

from quart import Request, Response

from teammcp import Access, Context, NotFound
from teammcp.web import Outcome, Page, form_call, see
from teammcp.web import gettext as _

from ..machines.models import Machine
from .layout import show

PATH = "/launcher/machines"


async def machines(context: Context, request: Request) -> Response:
    """All machines."""
    return await _machines(context)


async def _machines(context: Context, outcome: Outcome | None = None) -> Response:
    found: list[Machine] = (await context.call("list_machines")).root
    return await show(
        context,
        "machines.html",
        "machines",
        outcome,
        machines=[each for each in found if each.revoked_at is None],
        revoked=[each for each in found if each.revoked_at is not None],
        token=outcome.result if outcome is not None and outcome.ok else None,
    )


async def token(context: Context, request: Request) -> Response:
    """Show the command with which one more machine joins. Its token is in no address and in no cache."""
    if request.method == "GET":
        return see(PATH)
    response = await _machines(context, await form_call(context, "make_join_token"))
    response.headers["Cache-Control"] = "no-store"
    return response


async def revoke(context: Context, request: Request, name: str) -> Response:
    """Trust a machine no longer, once somebody is sure."""
    if request.method == "GET":
        found = next((each for each in (await context.call("list_machines")).root if each.name == name), None)
        if found is None:
            raise NotFound(_("There is no such machine."), code="no_machine")
        return await show(context, "revoke.html", "machines", machine=found)
    outcome = await form_call(context, "revoke_machine", machine=name)
    return see(PATH) if outcome.ok else await _machines(context, outcome)


PAGES = [
    Page(PATH, machines, access=Access.member),
    Page(f"{PATH}/join", token, ("GET", "POST"), Access.manager),
    Page(f"{PATH}/of/<name>/revoke", revoke, ("GET", "POST"), Access.manager),
]
