"""The buttons on a member's profile: tell me when it is idle, done, or reachable."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from ....members.directory import SYSTEM, Access
from ....operations import Context
from ....web import Page, Panel, form_call, mark, render, see
from ...agents import AgentProfile
from ..models import What
from ..operations.asking import list_notify_when

WORDS: dict[What, str] = {"idle": mark("is idle"), "done": mark("is done"), "reachable": mark("can be reached")}


async def profile(context: Context, agent: AgentProfile) -> dict[str, Any] | None:
    """Of what somebody may be told of a member, and is."""
    if agent.status == "retired" or agent.name in (context.actor.name, SYSTEM.name):
        return None
    watched = await _watched(context, agent.name)
    words = {what: word for what, word in WORDS.items() if what != "idle" or agent.kind != "human"}
    return {"name": agent.name, "words": words, "watched": watched}


async def _watched(context: Context, name: str) -> dict[What, bool]:
    """What the actor is told of a member; the value is whether always."""
    found = await context.call(list_notify_when)
    return {each.what: each.always for each in found.watches if each.agent == name}


async def toggle(context: Context, request: Request, name: str) -> Response:
    """Tell the actor, or no more if it is told."""
    form = await request.form
    what, always = form.get("what"), "always" in form
    off = what in await _watched(context, name)
    outcome = await form_call(context, "notify_when", name=name, what=what, always=always, off=off)
    if outcome.ok and (off or outcome.result.watched):
        return see(f"/agents/{name}")
    return await render(
        context,
        "watches/now.html",
        outcome.status,
        notice=outcome.notice,
        name=name,
        what=what,
        word=WORDS.get(outcome.result.what) if outcome.ok else None,
    )


PAGES = [Page("/agents/<name>/notify-when", toggle, ("POST",), Access.member)]
PANELS = [
    Panel(
        "agent",
        "watches",
        profile,
        "watches/panel.html",
        title=mark("Tell me when it…"),
        access=Access.member,
        order=30,
        refresh_on=("watch.set", "watch.ended"),
    )
]
