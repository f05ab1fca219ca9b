"""The page E-mail: one's address, its confirmation, and for managers how mail stands."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, form_call, gettext, mark, render, see

from .operations.addresses import PLUGIN, get_email_address, get_email_status

STEPS = {"fetched": mark("Replies fetched"), "sent": mark("Mail sent")}


async def show(context: Context, request: Request) -> Response:
    """One's address and, for managers, how mail stands."""
    return await _show(context, Outcome())


async def _show(context: Context, outcome: Outcome, **typed: Any) -> Response:
    standing = await context.call(get_email_status) if context.actor.access >= Access.manager else None
    return await render(
        context,
        "email/show.html",
        outcome.status,
        notice=outcome.notice,
        set_up=bool(context.settings(PLUGIN).host),
        own=await context.call(get_email_address),
        standing=standing,
        names={name: gettext(words) for name, words in STEPS.items()},
        typed=typed,
    )


async def give(context: Context, request: Request) -> Response:
    """Have a code sent."""
    address = (await request.form).get("address", "")
    outcome = await form_call(context, "request_email_address", address=address)
    return see("/email") if outcome.ok else await _show(context, outcome, address=address)


async def confirm(context: Context, request: Request) -> Response:
    """Confirm by the code."""
    outcome = await form_call(context, "confirm_email_address", code=(await request.form).get("code", ""))
    return see("/notifications") if outcome.ok else await _show(context, outcome)


PAGES = [
    Page("/email", show),
    Page("/email/address", give, methods=("POST",)),
    Page("/email/confirm", confirm, methods=("POST",)),
]
