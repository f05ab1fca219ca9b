"""Changing whether an agent's program is woken, and when not."""

from __future__ import annotations

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, render, see
from ..operations.setting import get_wakes, woken_agent


async def switch(context: Context, request: Request, name: str) -> Response:
    """Wake it, or let it be."""
    form = await request.form
    outcome = await form_call(context, "set_wakes", name=name, woken=form.get("woken") == "yes")
    return see(f"/agents/{name}") if outcome.ok else await _quiet(context, name, outcome)


async def quiet(context: Context, request: Request, name: str) -> Response:
    """The part of its day in which nobody wakes it."""
    outcome = Outcome()
    if request.method == "POST":
        form = await request.form
        times = [form.get("from", ""), form.get("until", "")] if "none" not in form else []
        outcome = await form_call(context, "set_wakes", name=name, quiet="-".join(times).strip("-"))
        if outcome.ok:
            return see(f"/agents/{name}")
    return await _quiet(context, name, outcome)


async def _quiet(context: Context, name: str, outcome: Outcome) -> Response:
    state = await context.call(get_wakes, name=name)
    begins, _, ends = state.quiet.partition("-")
    zone = woken_agent(context, state.agent).time_zone
    return await render(
        context,
        "wakes/quiet.html",
        outcome.status,
        notice=outcome.notice,
        state=state,
        begins=begins,
        ends=ends,
        zone=zone,
    )


PAGES = [
    Page("/agents/<name>/wakes", switch, ("POST",), Access.member),
    Page("/agents/<name>/wakes/quiet", quiet, ("GET", "POST"), Access.member),
]
