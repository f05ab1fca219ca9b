"""Getting in and out: the first start, logging in with a key, logging out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from quart import Request, Response, g

from .. import operations
from ..errors import Forbidden, RateLimited, Unauthorized
from ..http.callers import is_public
from ..keys import team_of
from ..operations import Context
from .forms import Notice, form_call, see
from .i18n import gettext as _
from .rendering import render
from .sessions import Session, find_session
from .visit import end_session, local_path, visit


async def set_up(context: Context, request: Request) -> Response:
    """Make the owner, once, from the machine the server runs on."""
    if context.team.directory.agents:
        return see("/")
    if context.team.reserved or is_public(context.server.settings):
        raise Forbidden(
            _(
                "This team has no owner yet. Set TEAMMCP_ADMIN_KEY to the server's admin key and register them: "
                "teammcp register NAME --kind human"
            )
        )
    if not context.is_local:
        raise Forbidden(_("Open this page on the machine the server runs on: the owner is registered there, first."))
    asked = context.server.settings.register_secret is not None
    if request.method == "GET":
        return await render(context, "web/setup.html", name="", role="", asks_secret=asked)
    form = await request.form
    given = {"name": form.get("name", ""), "role": form.get("role", "")}
    context.server.limits.register.take(context.address)
    outcome = await form_call(context, "register_agent", **given, kind="human", secret=form.get("secret"))
    if not outcome.ok:
        return await render(
            context, "web/setup.html", outcome.status, **given, asks_secret=asked, notice=outcome.notice
        )
    key = outcome.result.apiKey
    await _open(context, key)
    keep_key(outcome.result.agent.name, key)
    return see("/welcome")


async def welcome(context: Context, request: Request) -> Response:
    """The owner's key, until they have saved it."""
    name = context.actor.name
    if request.method == "POST":
        forget_key(name)
        return see("/")
    key = kept_key(name)
    if key is None:
        return see(f"/agents/{quote(name)}")
    return await render_secret(context, "web/welcome.html", key=key, name=name)


async def log_in(context: Context, request: Request) -> Response:
    """Exchange a key for a session."""
    if not context.team.directory.agents and len(context.server.teams) == 1:
        return see("/setup")
    target = local_path(request.args.get("next"))
    if request.method == "GET":
        if visit().session:
            return see(target)
        return await render(context, "web/login.html", target=target, ended=visit().ended)
    form = await request.form
    target = local_path(form.get("next"))
    try:
        await _open(context, form.get("key", "").strip())
    except (Unauthorized, RateLimited) as error:
        notice = Notice("error", error.detail)
        return await render(context, "web/login.html", error.status, target=target, ended=visit().ended, notice=notice)
    return see(target)


async def log_out(context: Context, request: Request) -> Response:
    """End this browser's session."""
    await operations.call(context, "end_sessions", {"token": visit().token})
    g.visit = replace(visit(), session=None)
    response = see("/login")
    end_session(request, response)
    return response


async def render_secret(context: Context, template: str, **variables: Any) -> Response:
    """A page that shows a key: no cache keeps it."""
    response = await render(context, template, **variables)
    response.headers["Cache-Control"] = "no-store"
    return response


def keep_key(name: str, key: str) -> None:
    """Keep a member's new key for this browser, so that the page that shows it can be reloaded."""
    g.shell.new_keys.keep(visit().token, name, key)


def kept_key(name: str) -> str | None:
    """The new key of a member, if this browser has just made it."""
    found: str | None = g.shell.new_keys.find(visit().token, name)
    return found


def forget_key(name: str) -> None:
    """It is saved."""
    g.shell.new_keys.forget(visit().token, name)


async def renew_session(context: Context, key: str) -> None:
    """Stay logged in with a new key, after the old one has ended the session."""
    await _open(context, key)


async def _open(context: Context, key: str) -> Context:
    """Open a session and make it that of this visit.

    Raises:
        Unauthorized: the key is not valid. RateLimited: too many wrong ones came from this address.
    """
    team = context.server.teams.get(team_of(key) or "", context.team)
    visitor = replace(context, team=team)
    opened = await operations.call(visitor, "open_session", {"key": key or "-"})
    session = await find_session(context.server, opened.token)
    assert isinstance(session, Session)  # noqa: S101 - it was opened a moment ago
    g.visit = visit().logged_in(session)
    return replace(visitor, actor=session.agent)
