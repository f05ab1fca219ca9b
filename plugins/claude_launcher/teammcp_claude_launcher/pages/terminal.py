"""The page of a terminal: the screen of an agent's program, live."""

from __future__ import annotations

from quart import Request, Response

from teammcp import Access, Context, TeamError
from teammcp.web import Page

from ..terminals.operations import Screenshot
from .layout import show

KEYS = ("escape", "tab", "up", "down", "left", "right", "enter", "ctrl-c")
"""Keys that phones do not have."""


async def terminal(context: Context, request: Request, name: str) -> Response:
    """The screen as it is; a script makes it live."""
    home = await context.call("get_agent_home", name=name)
    seen, why = await _look(context, name)
    may_type = context.actor.access >= Access.manager
    return await show(
        context, "terminal.html", "agents", name=home.agent, seen=seen, why=why, may_type=may_type, keys=KEYS
    )


async def _look(context: Context, name: str) -> tuple[Screenshot | None, str]:
    """The screen, or why there is none."""
    try:
        return await context.call("screenshot_agent", name=name), ""
    except TeamError as error:
        return None, error.detail


PAGES = [
    Page(
        "/launcher/agents/<name>/terminal",
        terminal,
        access=Access.member,
        csp={"style-src": "'self' 'unsafe-inline'"},  # xterm.js writes the styles of its cells
    )
]
