"""The gallery of roles: looking, changing, adding."""

from __future__ import annotations

from teammcp import Conflict, Context, NotFound, Transaction, Work, operation

from ...events import RoleDeleted, RoleSet
from ...homes import Guide
from .. import queries, roles
from ..gallery import shipped
from ..models import Role, RoleLine, RoleList, RoleName, Summary, Title

MOST = 200


@operation("GET /api/roles", access="member", profile="launcher", read_only=True)
async def list_roles(context: Context) -> RoleList:
    """List the roles that agents can be made of: a dozen good ones, and what the team has made of them."""
    found = await context.read(roles.all_roles)
    return RoleList([RoleLine(**role.model_dump(exclude={"guide"})) for role in found])


@operation("GET /api/roles/{name}", access="member", profile="launcher", read_only=True)
async def get_role(context: Context, name: RoleName) -> Role:
    """Read a role with its guide: what an agent of it is told."""
    return await context.read(roles.find, name)


@operation("PUT /api/roles/{name}", access="manager", profile="launcher", idempotent=True)
async def set_role(context: Context, name: RoleName, title: Title, summary: Summary, guide: Guide) -> Work[Role]:
    """Change a role, or add one. Agents that are there keep the guide that they were made with."""

    def work(tx: Transaction) -> Role:
        if queries.role(tx, name) is None and len(queries.roles(tx)) >= MOST:
            raise Conflict(f"A team has {MOST} roles of its own at most. Delete one first.", code="too_many")
        queries.put_role(tx, name, title, summary, guide, context.actor.name, context.now())
        context.emit(tx, RoleSet(name=name), name)
        return roles.find(tx, name)

    return work


@operation("DELETE /api/roles/{name}", access="manager", profile="launcher", destructive=True)
async def delete_role(context: Context, name: RoleName) -> Work[RoleList]:
    """Delete a role that the team has added, or what it has changed in one of the launcher's."""

    def work(tx: Transaction) -> RoleList:
        if not queries.delete_role(tx, name):
            why = "comes with the launcher, and is unchanged" if name in shipped() else "is not there"
            raise NotFound(f"name: the role '{name}' {why}. list_roles lists them.", code="role_not_found")
        context.emit(tx, RoleDeleted(name=name), name)
        return RoleList([RoleLine(**role.model_dump(exclude={"guide"})) for role in roles.all_roles(tx)])

    return work
