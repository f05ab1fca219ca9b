"""What can be done with homes."""

from __future__ import annotations

from typing import Any

from .briefing import send_brief
from .holding import hold_agent, hold_agents, leave_home, release_homes
from .looking import get_agent_fork, get_agent_home, list_agent_homes, list_runtimes
from .pausing import get_agents_pause, pause_agents, resume_agents
from .starting import configure_agent, interrupt_agent, restart_agent, start_agent, stop_agent

OPERATIONS: list[Any] = [
    start_agent,
    stop_agent,
    restart_agent,
    interrupt_agent,
    configure_agent,
    get_agent_home,
    get_agent_fork,
    list_agent_homes,
    list_runtimes,
    pause_agents,
    resume_agents,
    get_agents_pause,
    hold_agent,
    hold_agents,
    release_homes,
    leave_home,
    send_brief,
]
