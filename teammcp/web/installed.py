"""The plugins page: what is installed, what each plugin is doing, and what has failed."""

from __future__ import annotations

from dataclasses import dataclass

from quart import Request, Response

from ..members.directory import Access
from ..operations import Context
from ..plugins import PluginInfo
from ..server.jobs import Record
from ..server.services import Supervised
from .rendering import render


@dataclass(frozen=True)
class Shown:
    """One plugin, as the page shows it to a member of a team."""

    info: PluginInfo
    jobs: list[Record]
    services: list[Supervised]


async def plugins(context: Context, request: Request) -> Response:
    """All plugins; what they have failed with for managers and owners, because it tells of the machine."""
    server, team = context.server, context.team.name
    found = [
        Shown(info, server.jobs.of(info.name), server.services.of(info.name, team))
        for info in server.plugins.plugins.values()
    ]
    return await render(
        context,
        "web/plugins.html",
        installed=[plugin for plugin in found if not plugin.info.built_in],
        built_in=[plugin for plugin in found if plugin.info.built_in],
        team=team,
        may_see_faults=context.actor.access >= Access.manager,
    )
