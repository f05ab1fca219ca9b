"""Pages of agents: who is in the team and here, profiles, registering, retiring, new keys."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import available_timezones

from quart import Request, Response

from .... import operations
from ....joining import clients
from ....members.directory import SYSTEM, Access
from ....operations import Context
from ....web import Outcome, Page, form_call, mark, reason_words, render, see
from ....web.access import forget_key, keep_key, kept_key, render_secret, renew_session
from ..models import AgentProfile
from ..operations.members import NEVER

FIELDS = ("role", "description", "reports_to", "time_zone", "access")
ORDER = ("waiting", "blocked", "busy", "online", "idle", "dead", "away", "retired")
LEVELS = ("observer", "member", "manager", "owner")


async def agents(context: Context, request: Request) -> Response:
    """All members: first those who wait for a person, then the others who are here."""
    retired = "retired" in request.args
    found = await operations.call(context, "get_agents", {"include_retired": retired})
    listed = sorted(found.root, key=lambda agent: (ORDER.index(agent.status), agent.kind != "human"))
    return await render(context, "agents/agents.html", agents=listed, retired=retired, why=partial(_why, context))


async def profile(context: Context, request: Request, name: str) -> Response:
    """One member."""
    return await _profile(context, await _find(context, name), Outcome())


def _why(context: Context, agent: AgentProfile) -> str:
    """The reason of a member's status in the reader's language."""
    if agent.status == "retired" or agent.kind == "human":  # of a person no more is known than the word says
        return ""
    return reason_words(context.team.presence.status_of(agent.name).reason if agent.lastSeen else NEVER)


async def _find(context: Context, name: str) -> AgentProfile:
    found: AgentProfile = await operations.call(context, "get_agent_profile", {"name": name})
    return found


async def _profile(context: Context, agent: AgentProfile, outcome: Outcome) -> Response:
    return await render(
        context,
        "agents/profile.html",
        outcome.status,
        notice=outcome.notice,
        agent=agent,
        why=_why(context, agent),
        levels=[level for level in LEVELS if Access[level] <= context.actor.access],
        may_change=_may_change(context, agent),
        is_me=agent.name == context.actor.name,
        may_write=agent.status != "retired" and agent.name not in (context.actor.name, SYSTEM.name),
        time_zones=sorted(available_timezones()),
    )


def _may_change(context: Context, agent: AgentProfile) -> bool:
    """Whether to offer changes; whether they are allowed is for the operations to say."""
    if agent.status == "retired" or agent.name == SYSTEM.name or context.actor.access < Access.member:
        return False
    if agent.name == context.actor.name or context.actor.access is Access.owner:
        return True
    return context.actor.access is Access.manager and Access[agent.access] < Access.manager


async def change(context: Context, request: Request, name: str) -> Response:
    """Change a profile."""
    form = await request.form
    given: dict[str, Any] = {key: form[key] for key in FIELDS if key in form}
    if "capabilities" in form:
        given["capabilities"] = form["capabilities"].replace(",", " ").split()
    agent = await _find(context, name)
    if given.get("access") == agent.access:
        del given["access"]
    outcome = await form_call(context, "update_agent_profile", name=agent.name, **given)
    return see(f"/agents/{agent.name}") if outcome.ok else await _profile(context, agent, outcome)


async def register(context: Context, request: Request) -> Response:
    """Register a member, and show its key with what its program needs."""
    form = await request.form
    values = {"name": "", "role": "", "kind": "agent", "access": "member"} | form.to_dict()
    outcome = Outcome()
    if request.method == "POST":
        given = {key: values[key] for key in ("name", "role", "kind", "access")}
        outcome = await form_call(context, "register_agent", **given)
        if outcome.ok:
            return _show_key(outcome.result.agent.name, outcome.result.apiKey)
    return await render(
        context,
        "agents/register.html",
        outcome.status,
        notice=outcome.notice,
        values=values,
        levels=[level for level in LEVELS if Access[level] <= context.actor.access],
    )


async def rotate(context: Context, request: Request, name: str) -> Response:
    """Give a member a new key, and show it."""
    agent = await _find(context, name)
    if request.method == "GET":
        return await render(context, "agents/confirm.html", agent=agent, action="rotate")
    outcome = await form_call(context, "rotate_key", name=agent.name)
    if not outcome.ok:
        return await _profile(context, agent, outcome)
    if agent.name == context.actor.name:
        await renew_session(context, outcome.result.apiKey)
    return _show_key(agent.name, outcome.result.apiKey)


async def retire(context: Context, request: Request, name: str) -> Response:
    """End a membership, once somebody is sure."""
    agent = await _find(context, name)
    if request.method == "GET":
        return await render(context, "agents/confirm.html", agent=agent, action="retire")
    outcome = await form_call(context, "retire_agent", name=agent.name)
    return see("/agents") if outcome.ok else await _profile(context, agent, outcome)


def _show_key(name: str, key: str) -> Response:
    keep_key(name, key)
    return see(f"/agents/{quote(name)}/key")


async def key(context: Context, request: Request, name: str) -> Response:
    """A new key with what its member's program needs, for the browser that made it, until somebody has saved it."""
    agent = await _find(context, name)
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
        may_change=_may_change(context, agent),
    )


PAGES = [
    Page("/agents", agents, label=mark("Agents"), icon="people", order=30),
    Page("/agents/new", register, ("GET", "POST"), Access.manager),
    Page("/agents/<name>", profile),
    Page("/agents/<name>/change", change, ("POST",), Access.member),
    Page("/agents/<name>/rotate-key", rotate, ("GET", "POST"), Access.member),
    Page("/agents/<name>/key", key, ("GET", "POST"), Access.member),
    Page("/agents/<name>/retire", retire, ("GET", "POST"), Access.manager),
]
