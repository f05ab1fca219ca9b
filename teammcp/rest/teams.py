"""``/api/teams``: making and deleting teams, with the administrator's key."""

from __future__ import annotations

from functools import partial

from pydantic import ValidationError
from pydantic_core import to_json

from .. import operations
from ..errors import Forbidden, Unauthorized
from ..http.asgi import JSON, bearer
from ..http.connection import read_body
from ..members.directory import ANONYMOUS
from ..operations import Context, invalid_input
from ..plugins import Deferred
from ..server import Server
from . import body
from .models import CreatedTeam, NewTeam, TeamInfo
from .request import Request, Routes

NO_STORE = (b"cache-control", b"no-store")


def routes(server: Server) -> Routes:
    """The endpoints of teams."""
    return {
        ("GET", "/api/teams"): partial(list_teams, server),
        ("POST", "/api/teams"): partial(create_team, server),
        ("DELETE", "/api/teams/{name}"): partial(delete_team, server),
    }


async def list_teams(server: Server, request: Request) -> None:
    """All teams of the server."""
    _enter(server, request)
    await request.answer(200, to_json([_info(server, name) for name in sorted(server.teams)]), JSON)


async def create_team(server: Server, request: Request) -> None:
    """Make a team, and its owner if one is named."""
    _enter(server, request)
    request.body_read = True
    data = await read_body(request.headers, request.receive, server.settings.max_body)
    arguments, _ = body.parse(request.headers, data)
    try:
        team = NewTeam.model_validate(arguments)
    except ValidationError as error:
        raise invalid_input(error) from None
    answer = await _create(server, request, team)
    await request.answer(201, answer.model_dump_json(exclude_none=True).encode(), JSON, NO_STORE)


async def _create(server: Server, request: Request, wanted: NewTeam) -> CreatedTeam:
    """Make the team and its owner, or neither."""
    owner = {"name": wanted.owner, "kind": "human"}
    if wanted.owner is not None:
        server.registry.get("register_agent").check(owner)
    team = await server.create_team(wanted.name, reserved=True)
    if wanted.owner is None:
        return CreatedTeam(**_info(server, team.name).model_dump())
    context = Context(server, team, ANONYMOUS, "rest", request.address, admin=True)
    try:
        made = await operations.call(context, "register_agent", owner)
        if isinstance(made, Deferred):
            raise Forbidden("owner: a rule of this server makes registrations wait, and there is nobody to approve it.")
    except BaseException:
        await server.delete_team(team.name)
        raise
    return CreatedTeam(**_info(server, team.name).model_dump(), owner=made.agent.name, apiKey=made.apiKey)


async def delete_team(server: Server, request: Request) -> None:
    """Delete a team and all its data."""
    _enter(server, request)
    name = request.path["name"]
    await server.delete_team(name)
    await request.answer(200, to_json({"name": name, "deleted": True}), JSON)


def _info(server: Server, name: str) -> TeamInfo:
    team = server.teams[name]
    members = [agent for agent in team.directory.agents.values() if not agent.retired]
    return TeamInfo(name=name, agents=len(members), online=team.presence.count)


def _enter(server: Server, request: Request) -> None:
    key = bearer(request.headers.get(b"authorization"))
    if key is not None and server.identity.is_admin_key(key):
        return
    if key is None:
        server.limits.address.take(request.address)
        raise Unauthorized("Send the server's admin key: 'Authorization: Bearer tmcpadmin_…'.", code="missing_key")
    operations.enter(server, key, "rest", request.address)
    raise Forbidden("Teams are managed with the server's admin key, not with an agent's.", code="admin_only")
