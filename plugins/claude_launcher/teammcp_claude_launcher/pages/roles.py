"""Pages of roles: the gallery that agents are made of; reading one, changing it, adding one."""

from __future__ import annotations

from urllib.parse import quote

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, form_call, see

from ..roles.models import Role
from .layout import show

PATH = "/launcher/roles"
FIELDS = ("name", "title", "summary", "guide")


async def roles(context: Context, request: Request) -> Response:
    """All roles."""
    return await show(context, "roles.html", "roles", roles=(await context.call("list_roles")).root)


async def role(context: Context, request: Request, name: str) -> Response:
    """One role: its guide, to be read or changed."""
    return await _role(context, await context.call("get_role", name=name), Outcome())


async def _role(
    context: Context, found: Role | None, outcome: Outcome, typed: dict[str, str] | None = None
) -> Response:
    values = typed or {name: getattr(found, name, "") for name in FIELDS}
    return await show(context, "role.html", "roles", outcome, role=found, values=values)


async def change(context: Context, request: Request, name: str) -> Response:
    """Change a role."""
    form = await request.form
    typed = {**{field: form.get(field, "") for field in FIELDS}, "name": name}
    outcome = await form_call(context, "set_role", **typed)
    if outcome.ok:
        return see(PATH)
    return await _role(context, await context.call("get_role", name=name), outcome, typed)


async def delete(context: Context, request: Request, name: str) -> Response:
    """Delete a role, or make it again what the launcher brings, once somebody is sure."""
    found = await context.call("get_role", name=name)
    if request.method == "GET":
        return await show(context, "delete_role.html", "roles", role=found)
    outcome = await form_call(context, "delete_role", name=name)
    return see(PATH) if outcome.ok else await _role(context, found, outcome)


async def add(context: Context, request: Request) -> Response:
    """Add a role."""
    typed, outcome = dict.fromkeys(FIELDS, ""), Outcome()
    if request.method == "POST":
        form = await request.form
        typed = {field: form.get(field, "").strip() for field in FIELDS}
        outcome = await form_call(context, "set_role", **typed)
        if outcome.ok:
            return see(f"{PATH}/of/{quote(outcome.result.name)}")
    return await _role(context, None, outcome, typed)


PAGES = [
    Page(PATH, roles, access=Access.member),
    Page(f"{PATH}/add", add, ("GET", "POST"), Access.manager),
    Page(f"{PATH}/of/<name>", role, access=Access.member),
    Page(f"{PATH}/of/<name>/change", change, ("POST",), Access.manager),
    Page(f"{PATH}/of/<name>/delete", delete, ("GET", "POST"), Access.manager),
]
