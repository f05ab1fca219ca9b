"""Homes as they are shown."""

from __future__ import annotations

import json

from teammcp import Row

from .models import AgentHome, AgentsPause, HomeLimits


def home_of(row: Row) -> AgentHome:
    """A home as it is shown."""
    return AgentHome(
        agent=row["agent"],
        machine=row["machine"],
        runtime=row["runtime"],
        options=json.loads(row["options"]),
        workspace=row["workspace"],
        folder=row["folder"],
        wide=bool(row["wide"]),
        credential=row["credential"],
        model=row["model"],
        role=row["role"],
        guide=row["guide"],
        policy=row["policy"],
        answers=row["answers"],
        limits=HomeLimits.model_validate_json(row["limits"]),
        wanted=bool(row["wanted"]),
        held=row["held"],
        held_until=row["held_until"],
        conversation=row["conversation"],
        assembly=row["assembly"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        changed_at=row["changed_at"],
    )


def pause_of(row: Row | None) -> AgentsPause:
    """The pause as it is shown."""
    if row is None:
        return AgentsPause(paused=False)
    return AgentsPause(paused=True, paused_by=row["paused_by"], paused_at=row["paused_at"], reason=row["reason"])
