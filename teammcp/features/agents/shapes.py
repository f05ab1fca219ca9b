"""From rows to public shapes of members."""

from __future__ import annotations

import json
from typing import Any

from ...members.directory import Access, Agent
from ...members.presence import Reason
from ...operations import Context
from ...storage import Row
from .events import ProfileChange
from .models import (
    AgentProfile,
    Me,
)

NEVER = Reason("never heard of")


def summary_of(agent: Agent) -> dict[str, Any]:
    """A member as its events tell of it."""
    return {"name": agent.name, "kind": agent.kind, "role": agent.role, "access": agent.access.name}


def changes_of(old: AgentProfile, new: AgentProfile) -> list[ProfileChange]:
    """What was changed in a profile, before and after."""
    before, after = old.model_dump(include=CHANGEABLE), new.model_dump(include=CHANGEABLE)
    return [
        ProfileChange(field=name, old=before[name], new=after[name]) for name in before if before[name] != after[name]
    ]


def me_of(context: Context) -> Me:
    """The caller, as it is told of itself."""
    actor = context.actor
    return Me(
        team=context.team.name,
        name=actor.name,
        kind=actor.kind,
        role=actor.role,
        access=actor.access.name,
        status=context.team.presence.status_of(actor.name).status,
    )


def profile_of(context: Context, row: Row) -> AgentProfile:
    """A row with what is known of the member's presence."""
    presence, retired_at = context.team.presence, row["retired_at"]
    member_status, last_seen = presence.status_of(row["name"]), presence.last_seen(row["name"]) or row["last_seen"]
    return AgentProfile(
        name=row["name"],
        kind=row["kind"],
        role=row["role"],
        access=Access(row["access"]).name,
        status=member_status.status if retired_at is None else "retired",
        reason=str(member_status.reason if last_seen else NEVER) if retired_at is None else "",
        since=member_status.since if retired_at is None else retired_at,
        lastSeen=last_seen,
        description=row["description"],
        reports_to=row["reports_to"],
        capabilities=json.loads(row["capabilities"]),
        time_zone=row["time_zone"],
        created_at=row["created_at"],
    )


CHANGEABLE = {"role", "description", "reports_to", "capabilities", "time_zone", "access"}
