"""On the start page: the notices on which whoever looks has to act."""

from __future__ import annotations

from typing import Any

from teammcp import Access, Context
from teammcp.web import Panel, mark

from .words import EVENTS, words

SHOWN = 5


async def home(context: Context, _nothing: None) -> dict[str, Any] | None:
    """The newest of them; nothing if there is none."""
    found = await context.call("list_notices", mine=True, limit=SHOWN)
    return {"notices": found.notices, **words()} if found.notices else None


PANEL = Panel(
    "home",
    "notices",
    home,
    "projects/panel_notices.html",
    title=mark("Notices that wait for you"),
    access=Access.member,
    order=16,
    refresh_on=EVENTS,
)
