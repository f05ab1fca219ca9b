"""Pages of one member: who it is, and changing that."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from quart import Request, Response

from ....members.directory import SYSTEM, Access
from ....operations import Context
from ....web import Outcome, Page, draw_panels, form_call, reason_words, render, see
from ..models import AgentProfile
from ..operations.members import get_agent_profile
from ..shapes import NEVER

FIELDS = ("role", "description", "reports_to", "time_zone", "access")
LEVELS = ("observer", "member", "manager", "owner")


async def profile(context: Context, request: Request, name: str) -> Response:
    """One member."""
    return await show_profile(context, await find_member(context, name), Outcome())


def status_reason(context: Context, agent: AgentProfile) -> str:
    """The reason of a member's status in the reader's language."""
    if agent.status == "retired" or agent.kind == "human":  # of a person no more is known than the word says
        return ""
    return reason_words(context.team.presence.status_of(agent.name).reason if agent.lastSeen else NEVER)


async def find_member(context: Context, name: str) -> AgentProfile:
    """The member of that name."""
    found: AgentProfile = await context.call(get_agent_profile, name=name)
    return found


async def show_profile(context: Context, agent: AgentProfile, outcome: Outcome) -> Response:
    """Its page, with what came of a change."""
    return await render(
        context,
        "agents/profile.html",
        outcome.status,
        notice=outcome.notice,
        agent=agent,
        panels=await draw_panels(context, "agent", agent),
        why=status_reason(context, agent),
        levels=[level for level in LEVELS if Access[level] <= context.actor.access],
        may_change=may_change(context, agent),
        is_me=agent.name == context.actor.name,
        may_write=agent.status != "retired" and agent.name not in (context.actor.name, SYSTEM.name),
        time_zones=sorted(available_timezones()),
    )


def may_change(context: Context, agent: AgentProfile) -> bool:
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
    agent = await find_member(context, name)
    if given.get("access") == agent.access:
        del given["access"]
    outcome = await form_call(context, "update_agent_profile", name=agent.name, **given)
    return see(f"/agents/{agent.name}") if outcome.ok else await show_profile(context, agent, outcome)


PAGES = [
    Page("/agents/<name>", profile),
    Page("/agents/<name>/change", change, ("POST",), Access.member),
]
