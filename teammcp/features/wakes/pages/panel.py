"""What an agent's profile shows of waking."""

from __future__ import annotations

from typing import Any

from ....members.directory import SYSTEM, Access
from ....operations import Context
from ....web import Panel, gettext, mark
from ...agents import AgentProfile
from ..models import Way
from ..operations.setting import get_wakes

WAYS: dict[Way, str] = {
    "inbox_socket": mark("its own inbox"),
    "rewake": mark("its hook that waits"),
    "codex_daemon": mark("its daemon"),
    "codex_queue": mark("its queue"),
    "opencode_plugin": mark("its plugin"),
    "qwen_socket": mark("its socket"),
}


async def profile(context: Context, agent: AgentProfile) -> dict[str, Any] | None:
    """Whether messages wake its program, by which way, and whether it was reached."""
    if agent.kind != "agent" or agent.status == "retired" or agent.name == SYSTEM.name:
        return None
    state = await context.call(get_wakes, name=agent.name)
    return {
        "state": state,
        "ways": [gettext(WAYS[way]) for way in state.ways],
        "started": context.team.presence.reachable(agent.name),
        "why": gettext(state.not_reached).rstrip(".") if state.not_reached else "",
        "zone": agent.time_zone,
        "may_set": may_set(context, agent.name),
    }


def may_set(context: Context, name: str) -> bool:
    """Whether to offer changes; whether they are allowed is for the operation to say."""
    return name == context.actor.name or context.actor.access >= Access.manager


PANELS = [
    Panel(
        "agent",
        "waking",
        profile,
        "wakes/panel.html",
        title=mark("Waking"),
        order=20,
        refresh_on=("wake.rung", "wake.failed", "wake.set", "agent.online", "agent.offline", "agent.status"),
    )
]
