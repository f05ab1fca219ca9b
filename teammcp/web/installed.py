"""The plugins page: what is installed, and what has failed."""

from __future__ import annotations

from quart import Request, Response

from ..members.directory import Access
from ..operations import Context
from .rendering import render


async def plugins(context: Context, request: Request) -> Response:
    """All plugins; their tracebacks for managers and owners, because they tell of the machine."""
    found = list(context.server.plugins.plugins.values())
    return await render(
        context,
        "web/plugins.html",
        installed=[plugin for plugin in found if not plugin.built_in],
        built_in=[plugin for plugin in found if plugin.built_in],
        may_see_faults=context.actor.access >= Access.manager,
    )
