"""Pages of a member's key: showing a new one with what its program needs, and replacing it."""

from __future__ import annotations

from urllib.parse import quote

from quart import Request, Response

from ....joining import clients
from ....members.directory import Access
from ....operations import Context
from ....web import Page, form_call, render, see
from ....web.access import forget_key, keep_key, kept_key, render_secret, renew_session
from .profiles import find_member, may_change, show_profile


async def rotate(context: Context, request: Request, name: str) -> Response:
    """Give a member a new key, and show it."""
    agent = await find_member(context, name)
    if request.method == "GET":
        return await render(context, "agents/confirm.html", agent=agent, action="rotate")
    outcome = await form_call(context, "rotate_key", name=agent.name)
    if not outcome.ok:
        return await show_profile(context, agent, outcome)
    if agent.name == context.actor.name:
        await renew_session(context, outcome.result.apiKey)
    return show_key(agent.name, outcome.result.apiKey)


def show_key(name: str, key: str) -> Response:
    """Keep a new key for the browser that made it, and lead there."""
    keep_key(name, key)
    return see(f"/agents/{quote(name)}/key")


async def key(context: Context, request: Request, name: str) -> Response:
    """A new key with what its member's program needs, for the browser that made it, until somebody has saved it."""
    agent = await find_member(context, name)
    if request.method == "POST":
        forget_key(agent.name)
        return see("/agents")
    address = context.server.settings.public_url
    programs = clients.CLIENTS if agent.kind != "human" else ()
    return await render_secret(
        context,
        "agents/key.html",
        agent=agent,
        key=kept_key(agent.name),
        configurations=[clients.configuration(client, address) for client in programs],
        address=address,
        may_change=may_change(context, agent),
    )


PAGES = [
    Page("/agents/<name>/rotate-key", rotate, ("GET", "POST"), Access.member),
    Page("/agents/<name>/key", key, ("GET", "POST"), Access.member),
]
