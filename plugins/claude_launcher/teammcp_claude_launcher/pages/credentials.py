"""Pages of credentials: keys of model providers that programs get. They are entered, replaced, deleted, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Request, Response

from teammcp import Access, Context, NotFound
from teammcp.web import Notice, Outcome, Page, attempt, form_call, see
from teammcp.web import gettext as _

from ..credentials.kinds import KINDS
from .layout import show

PATH = "/launcher/credentials"
SHOWN_AGAIN = ("name", "kind", "base_url", "model", "note")
"""Fields that hold what was typed when it was refused. What is secret is not sent back."""


async def credentials(context: Context, request: Request) -> Response:
    """All credentials, without their values."""
    return await _credentials(context)


async def _credentials(context: Context, outcome: Outcome | None = None) -> Response:
    found = (await context.call("list_credentials")).root
    return await show(context, "credentials.html", "credentials", outcome, credentials=found, kinds=KINDS)


async def enter(context: Context, request: Request) -> Response:
    """Enter a credential, or replace one of the same name."""
    form, outcome = (await request.form).to_dict(), Outcome()
    given = form if request.method == "POST" else request.args.to_dict()
    if request.method == "POST":
        outcome = await _enter(context, form)
        if outcome.ok:
            return see(PATH)
    values = {name: given.get(name, "") for name in SHOWN_AGAIN}
    known = {each.name for each in (await context.call("list_credentials")).root}
    return await show(
        context,
        "credential.html",
        "credentials",
        outcome,
        values=values,
        kinds=KINDS,
        replaces="replaces" in given and values["name"] in known,
    )


async def _enter(context: Context, form: Mapping[str, str]) -> Outcome:
    try:
        variables = _variables(form.get("variables", ""))
    except ValueError as error:
        text = _("Line %(number)s is no variable; write NAME=value.", number=str(error))
        return Outcome(notice=Notice("error", text, "variables"), status=400)
    arguments: dict[str, Any] = {name: form.get(name, "").strip() for name in SHOWN_AGAIN}
    if form.get("key", "").strip():
        arguments["key"] = form["key"].strip()
    return await attempt(context, "set_credential", {**arguments, "variables": variables})


def _variables(text: str) -> dict[str, str]:
    """Lines ``NAME=value``.

    Raises:
        ValueError: a line is not of this form; the text is its number, as its content may be secret.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            name, sign, value = line.partition("=")
            if not sign or not name.strip():
                raise ValueError(number)
            found[name.strip()] = value.strip()
    return found


async def delete(context: Context, request: Request, name: str) -> Response:
    """Delete a credential, once somebody is sure."""
    if request.method == "GET":
        found = (await context.call("list_credentials")).root
        each = next((each for each in found if each.name == name), None)
        if each is None:
            raise NotFound(_("There is no such credential."), code="credential_not_found")
        return await show(context, "delete_credential.html", "credentials", each=each)
    outcome = await form_call(context, "delete_credential", name=name)
    return see(PATH) if outcome.ok else await _credentials(context, outcome)


PAGES = [
    Page(PATH, credentials, access=Access.manager),
    Page(f"{PATH}/enter", enter, ("GET", "POST"), Access.manager),
    Page(f"{PATH}/of/<name>/delete", delete, ("GET", "POST"), Access.manager),
]
