"""``GET /api/health``: whether the server is well, for monitors without a key, and more for those who have one."""

from __future__ import annotations

import time

from .. import operations
from ..http.asgi import JSON, bearer
from ..members.directory import Access
from ..server import Server, Team
from ..server.health import Problem, status_of
from ..version import __version__
from .models import Health, HealthDetails, HealthProblem, Presence
from .request import Request, Routes

CODES = {"ok": 200, "degraded": 200, "failing": 503}
"""Whoever only looks at the status code is to hear of a server that does not serve. A full disk is none: reading goes
on, and nothing would be gained by a restart."""


def routes(server: Server) -> Routes:
    """The endpoint of health."""
    answer = _Answer(server)
    return {(method, "/api/health"): answer for method in ("GET", "HEAD")}


class _Answer:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._started = time.monotonic()

    async def __call__(self, request: Request) -> None:
        key = bearer(request.headers.get(b"authorization"))
        server = self._server
        problems = await server.health.problems()
        status = status_of(problems)
        answer = Health(
            status=status,
            problems=sorted({problem.part for problem in problems}),
            version=__version__,
            uptime_ms=round((time.monotonic() - self._started) * 1000),
            timestamp=server.clock.now(),
        )
        if key is not None and server.identity.is_admin_key(key):
            answer.agents = _presence(list(server.teams.values()))
            answer.details = _details(server, problems)
        elif key is not None:
            context = operations.enter(server, key, "rest", request.address)
            answer.agents = _presence([context.team])
            if context.actor.access >= Access.manager:
                answer.details = _details(server, [each for each in problems if each.team in {None, context.team.name}])
        await request.answer(CODES[status], answer.model_dump_json(exclude_none=True).encode(), JSON)


def _presence(teams: list[Team]) -> Presence:
    members = sum(not agent.retired for team in teams for agent in team.directory.agents.values())
    return Presence(total=members, online=sum(team.presence.count for team in teams))


def _details(server: Server, problems: list[Problem]) -> HealthDetails:
    told = [HealthProblem(part=each.part, text=each.text, team=each.team) for each in problems]
    return HealthDetails(problems=told, facts=server.health.facts())
