"""Members: register, look up, change, retire; keys."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace

from ....arguments.fields import AgentName, Text, TimeZone
from ....errors import Conflict, Forbidden, Gone, NotFound
from ....keys import hash_key, new_key
from ....logs.access import note_wrong
from ....members.directory import SYSTEM, Access, Agent, fold
from ....members.lookalikes import SERVERS_OWN, TITLES, check_new
from ....members.presence import Reason
from ....operations import Context, operation
from ....storage import Row, Transaction, Work, present
from ...channels import MemberRef, OwnRef, find_agent, join_general
from .. import queries
from ..events import AgentKeyRotated, AgentRegistered, AgentRetired, AgentUpdated
from ..mirror import agent_of, mirror
from ..models import (
    AccessName,
    AgentList,
    AgentProfile,
    Capabilities,
    Description,
    Kind,
    Me,
    NewKey,
    RegisteredAgent,
    Role,
)
from ..shapes import changes_of, me_of, profile_of, summary_of


@operation("POST /api/register", access="anonymous", tool=False, secret_result=True)
async def register_agent(
    context: Context,
    name: AgentName,
    role: Role = "",
    kind: Kind | None = None,
    access: AccessName | None = None,
    description: Description = "",
    capabilities: Capabilities = [],  # noqa: B006 - never changed
    time_zone: TimeZone = "UTC",
    secret: Text | None = None,
) -> Work[RegisteredAgent]:
    """Register a new member and get its key, once. The first one on a fresh server becomes the owner."""
    first = not context.team.directory.agents
    level = _registration_access(context, first, kind, access, secret)
    kind = kind or ("human" if first else "agent")
    key = new_key(context.team.name)

    def work(tx: Transaction) -> RegisteredAgent:
        if queries.folded_exists(tx, fold(name)):
            raise Conflict(f"name: '{name}' is taken. Choose another name.", code="name_taken")
        check_new("name", name, queries.names(tx), SERVERS_OWN if level is Access.owner else SERVERS_OWN | TITLES)
        if first and queries.count(tx):
            raise Conflict("Somebody else registered at the same moment. Try again.", code="owner_exists")
        queries.insert(tx, name, fold(name), kind, level, hash_key(key), context.now())
        queries.update(tx, name, role, level, description, None, json.dumps(capabilities), time_zone)
        agent = mirror(context.team, tx, name)
        joining = replace(context, actor=agent)
        registrar = context if context.actor.access else joining
        registrar.emit(tx, AgentRegistered(**summary_of(agent)), name)
        join_general(joining, tx, name)
        tx.on_commit(lambda: context.notify("agent_registered", agent=agent))
        return RegisteredAgent(apiKey=key, agent=me_of(joining))

    return work


def _registration_access(
    context: Context, first: bool, kind: Kind | None, access: AccessName | None, secret: str | None
) -> Access:
    """The access level of whoever registers now, if they may."""
    if first:
        _check_first(context, kind, secret)
        return Access.owner
    if context.actor.access >= Access.manager:
        wanted = Access[access or "member"]
        if wanted > context.actor.access:
            raise Forbidden(f"access: '{wanted.name}' is above your own level, '{context.actor.access.name}'.")
        return wanted
    if not _check_secret(context, secret) and not context.is_local:
        raise Forbidden(
            "Registering from another machine needs the key of a manager, or a registration secret set on the server.",
            code="registration_closed",
        )
    if access not in (None, "member", "observer"):
        raise Forbidden("access: only a manager or owner may register managers and owners.")
    if kind == "human":  # what a person may do, and who may look at it, hangs on this
        raise Forbidden("kind: people are registered by a manager or owner; agents and services register themselves.")
    return Access[access or "member"]


def _check_first(context: Context, kind: Kind | None, secret: str | None) -> None:
    """Check whoever is about to become the owner of a team that has no members."""
    if context.admin:
        return
    by_admin = "with the server's admin key in TEAMMCP_ADMIN_KEY: teammcp register NAME --kind human"
    if context.team.reserved or not context.is_local:
        where = f"{by_admin} --team {context.team.name}."
        if not context.team.reserved:
            where = f"from the machine the server runs on, or {where}"
        raise Forbidden(f"The owner must be registered first, {where}", code="no_owner")
    if kind not in (None, "human"):
        raise Forbidden(f"kind: the owner of a team is a person. Another kind is registered {by_admin}.")
    _check_secret(context, secret)


def _check_secret(context: Context, secret: str | None) -> bool:
    """Whether the server asks for a registration secret; if it does, this is it."""
    required = context.server.settings.register_secret
    if required is None:
        return False
    if secret is None or not hmac.compare_digest(secret.encode(), required.get_secret_value().encode()):
        if secret is not None:
            note_wrong("registration secret", context.address, context.surface)
        raise Forbidden("secret: the registration secret is missing or wrong.", code="wrong_secret")
    return True


@operation("GET /api/me", read_only=True, everyday=True)
async def get_me(context: Context) -> Me:
    """Say who you are in this team."""
    return me_of(context)


@operation("GET /api/agents", read_only=True, everyday=True)
async def get_agents(context: Context, include_retired: bool = False) -> AgentList:
    """List the team's members: who they are, what they do and whether they are here."""
    rows = await context.read(queries.all_agents)
    return AgentList([profile_of(context, row) for row in rows if include_retired or row["retired_at"] is None])


@operation("GET /api/agents/{name}", read_only=True)
async def get_agent_profile(context: Context, name: OwnRef | None = None) -> AgentProfile:
    """Get one member's profile; yours without a name."""
    found = _find(context, name)
    row = await context.read(queries.agent, found.name)
    return profile_of(context, present(row))


@operation("PATCH /api/agents/{name}", idempotent=True)
async def update_agent_profile(
    context: Context,
    name: OwnRef | None = None,
    role: Role | None = None,
    description: Description | None = None,
    reports_to: MemberRef | None = None,
    capabilities: Capabilities | None = None,
    time_zone: TimeZone | None = None,
    access: AccessName | None = None,
) -> Work[AgentProfile]:
    """Change a profile: yours, or as a manager anybody's below you. What is left out stays; reports_to "" clears it."""
    agent = _find(context, name)
    if agent.name != context.actor.name:
        _require_authority(context, agent)
    if access is not None and (Access[access] > context.actor.access or context.actor.access < Access.manager):
        raise Forbidden(f"access: you may not set access level '{access}'.")
    superior = find_agent(context, reports_to, "reports_to").name if reports_to else None

    def work(tx: Transaction) -> AgentProfile:
        row = _still_there(context, tx, agent.name)
        chief = row["reports_to"] if reports_to is None else superior
        _refuse_cycle(tx, agent.name, chief)
        level = row["access"] if access is None else Access[access]
        if row["access"] == Access.owner and level < Access.owner and queries.active_owners(tx) == 1:
            raise Conflict(
                "access: the team's last owner stays owner. Make somebody else owner first.", code="last_owner"
            )
        queries.update(
            tx,
            agent.name,
            row["role"] if role is None else role,
            level,
            row["description"] if description is None else description,
            chief,
            row["capabilities"] if capabilities is None else json.dumps(capabilities),
            row["time_zone"] if time_zone is None else time_zone,
        )
        changed = mirror(context.team, tx, agent.name)
        now = profile_of(context, present(queries.agent(tx, agent.name)))
        changes = changes_of(profile_of(context, row), now)
        context.emit(tx, AgentUpdated(**summary_of(changed), changes=changes), agent.name)
        return now

    return work


@operation("POST /api/agents/{name}/retire", access="manager", destructive=True)
async def retire_agent(context: Context, name: MemberRef) -> Work[AgentProfile]:
    """End a member's membership for good: its key stops working, its name stays taken, its messages stay."""
    agent = _find(context, name)
    _require_authority(context, agent)

    def work(tx: Transaction) -> AgentProfile:
        row = _still_there(context, tx, agent.name)
        if row["access"] == Access.owner and queries.active_owners(tx) == 1:
            raise Conflict(
                "The team's last owner cannot be retired. Make somebody else owner first.", code="last_owner"
            )
        queries.retire(tx, agent.name, context.now())
        gone = mirror(context.team, tx, agent.name)
        context.emit(tx, AgentRetired(**summary_of(gone)), agent.name)
        tx.on_commit(lambda: context.team.presence.leave(agent.name, Reason("was retired")))
        tx.on_commit(lambda: context.notify("agent_retired", agent=gone))
        return profile_of(context, present(queries.agent(tx, agent.name)))

    return work


@operation("POST /api/agents/{name}/rotate-key", access="observer", secret_result=True)
async def rotate_key(context: Context, name: MemberRef) -> Work[NewKey]:
    """Replace a key, yours or as a manager another's: the old one stops working, the new one is shown this once."""
    agent = _find(context, name)
    if agent.name != context.actor.name:
        _require_authority(context, agent)
    key = new_key(context.team.name)

    def work(tx: Transaction) -> NewKey:
        _still_there(context, tx, agent.name)
        queries.set_key(tx, agent.name, hash_key(key))
        mirror(context.team, tx, agent.name)
        context.emit(tx, AgentKeyRotated(), agent.name, agents=[agent.name, context.actor.name])
        return NewKey(name=agent.name, apiKey=key)

    return work


def _find(context: Context, name: str | None) -> Agent:
    """The member of that name; the caller without one."""
    found = context.actor if name is None else context.team.directory.who(name)
    if found is None:
        raise NotFound(f"name: there is no member called '{name}'. get_agents lists them.", code="agent_not_found")
    if found.retired and name is not None and context.actor.access < Access.manager:
        raise Gone(f"{found.name} was retired.", code="agent_retired")
    return found


def _require_authority(context: Context, agent: Agent) -> None:
    if agent is SYSTEM:
        raise Forbidden("name: 'system' is the server itself; its profile stays as it is.", code="not_yours")
    context.require(Access.manager, f"Changing {agent.name}")
    if agent.access >= context.actor.access and context.actor.access < Access.owner:
        raise Forbidden(f"{agent.name} has access level '{agent.access.name}': only an owner may do this.")
    if agent.retired:
        raise Gone(f"{agent.name} was retired.", code="agent_retired")


def _still_there(context: Context, tx: Transaction, name: str) -> Row:
    """The member as it is now: it may have been retired since the call was checked, or raised above the caller."""
    row = queries.agent(tx, name)
    if row is None or row["retired_at"] is not None:
        raise Gone(f"{name} was retired.", code="agent_retired")
    if name != context.actor.name:
        _require_authority(context, agent_of(row))
    return row


def _refuse_cycle(tx: Transaction, name: str, chief: str | None) -> None:
    seen = {name}
    while chief is not None:
        if chief in seen:
            raise Conflict(f"reports_to: {chief} already reports to {name}.", code="cycle")
        seen.add(chief)
        row = queries.agent(tx, chief)
        chief = row["reports_to"] if row is not None else None
