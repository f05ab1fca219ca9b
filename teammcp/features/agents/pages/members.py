"""Pages of all members: who is in the team and here, registering one, ending a membership."""

from __future__ import annotations

from functools import partial

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, mark, render, see
from ..operations.members import get_agents
from .keys import show_key
from .profiles import LEVELS, find_member, show_profile, status_reason

ORDER = ("waiting", "blocked", "busy", "online", "idle", "dead", "away", "retired")


async def agents(context: Context, request: Request) -> Response:
    """All members: first those who wait for a person, then the others who are here."""
    retired = "retired" in request.args
    found = await context.call(get_agents, include_retired=retired)
    listed = sorted(found.root, key=lambda agent: (ORDER.index(agent.status), agent.kind != "human"))
    return await render(
        context,
        "agents/agents.html",
        agents=listed,
        retired=retired,
        why=partial(status_reason, context),
        not_reached=lambda name: context.team.presence.status_of(name).not_reached,
    )


async def register(context: Context, request: Request) -> Response:
    """Register a member, and show its key with what its program needs."""
    form = await request.form
    values = {"name": "", "role": "", "kind": "agent", "access": "member"} | form.to_dict()
    outcome = Outcome()
    if request.method == "POST":
        given = {key: values[key] for key in ("name", "role", "kind", "access")}
        outcome = await form_call(context, "register_agent", **given)
        if outcome.ok:
            return show_key(outcome.result.agent.name, outcome.result.apiKey)
    return await render(
        context,
        "agents/register.html",
        outcome.status,
        notice=outcome.notice,
        values=values,
        levels=[level for level in LEVELS if Access[level] <= context.actor.access],
    )


async def retire(context: Context, request: Request, name: str) -> Response:
    """End a membership, once somebody is sure."""
    agent = await find_member(context, name)
    if request.method == "GET":
        return await render(context, "agents/confirm.html", agent=agent, action="retire")
    outcome = await form_call(context, "retire_agent", name=agent.name)
    return see("/agents") if outcome.ok else await show_profile(context, agent, outcome)


PAGES = [
    Page("/agents", agents, label=mark("Agents"), icon="people", order=30),
    Page("/agents/new", register, ("GET", "POST"), Access.manager),
    Page("/agents/<name>/retire", retire, ("GET", "POST"), Access.manager),
]
