"""The page of all agents that are run here: how each stands; starting, stopping and pausing them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Outcome, Page, channel_path, form_call, go_back, mark, see
from teammcp.web import gettext as _

from .layout import show
from .standing import ORDER, Standing, standings

EXAMPLE = "example"
"""The runtime of the example agent."""
EXAMPLE_NAMES = ("ada", "linus", "grace", "alan", "edsger", "barbara", "ken", "radia")


async def agents(context: Context, request: Request) -> Response:
    """All agents that are run here."""
    return await _agents(context)


async def _agents(context: Context, outcome: Outcome | None = None) -> Response:
    found = await standings(context)
    kinds = (await context.call("list_runtimes")).root
    costs = [each.cost for each in found if each.cost is not None]
    return await show(
        context,
        "agents.html",
        "agents",
        outcome,
        agents=found,
        counts=counts(found),
        cost=sum(costs) if costs else None,
        pause=await context.call("get_agents_pause"),
        example=any(kind.name == EXAMPLE for kind in kinds),
    )


def counts(found: list[Standing]) -> list[tuple[str, int]]:
    """How many agents are in which state."""
    counted = Counter(each.state for each in found)
    return [(state, counted[state]) for state in ORDER if counted[state]]


async def act(context: Context, request: Request, name: str, action: str) -> Response:
    """Start, stop or restart an agent, or break off its turn."""
    form = await request.form
    given: dict[str, Any] = {"name": name}
    if action == "restart":
        given["new_conversation"] = "new_conversation" in form
    if action == "start" and "new_key" in form:
        given["new_key"] = True
    outcome = await form_call(context, f"{action}_agent", **given)
    if outcome.ok:
        return await go_back(request, "/launcher")
    if outcome.code == "key_unknown":
        return await show(context, "new_key.html", "agents", outcome, name=name)
    return await _agents(context, outcome)


async def example(context: Context, request: Request) -> Response:
    """Start an example agent, under the first of some names that is free."""
    taken = {name.casefold() for name in context.team.directory.agents}
    name = next(free for free in (*EXAMPLE_NAMES, *_numbered()) if free not in taken)
    words = _("An example of an agent. Say help to it.")
    outcome = await form_call(context, "spawn_agent", name=name, runtime=EXAMPLE, description=words)
    if not outcome.ok:
        return await _agents(context, outcome)
    channel = await context.call("open_dm", agent=name)  # where one says hello to it
    return see(channel_path(channel.id))


def _numbered() -> Any:
    return (f"example-{number}" for number in range(1, 10_000))


async def pause(context: Context, request: Request) -> Response:
    """Pause all agents."""
    outcome = await form_call(context, "pause_agents", reason=(await request.form).get("reason", ""))
    return see("/launcher") if outcome.ok else await _agents(context, outcome)


async def resume(context: Context, request: Request) -> Response:
    """Let all agents go on."""
    outcome = await form_call(context, "resume_agents")
    return see("/launcher") if outcome.ok else await _agents(context, outcome)


PAGES = [
    Page("/launcher", agents, access=Access.member, label=mark("Launcher"), icon="program", order=31),
    Page("/launcher/example", example, ("POST",), Access.manager),
    Page("/launcher/pause", pause, ("POST",), Access.manager),
    Page("/launcher/resume", resume, ("POST",), Access.manager),
    Page(
        "/launcher/agents/<name>/<any(start, stop, restart, interrupt):action>",
        act,
        ("POST",),
        Access.manager,
    ),
]
