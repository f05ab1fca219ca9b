"""The rule that who changes a field has looked at what changed before. It is off unless the settings name a project."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from teammcp import Access, Context, PreconditionRequired, StateChange

from . import queries

MINUTE = 60_000
EVERY = "*"


class KnowledgeSettings(BaseModel):
    """The table ``[plugins.knowledge]`` of the settings."""

    model_config = ConfigDict(extra="forbid")

    require_check_minutes: dict[str, Annotated[int, Field(ge=1, le=10_080)]] = Field(
        default_factory=dict,
        description="Minutes, by project ('*' for all others), within which one must have called check_knowledge_gaps "
        "before one may change a field; managers and owners need not",
    )


async def require_check(context: Context, change: StateChange) -> None:
    """Let a change pass if the actor has looked at the project lately, or need not.

    A change that was approved passes too: its proposer had looked when it was proposed.

    Raises:
        PreconditionRequired: it has not; says what to do.
    """
    settings: KnowledgeSettings = context.settings("knowledge")
    minutes = settings.require_check_minutes.get(change.project_id, settings.require_check_minutes.get(EVERY))
    if minutes is None or context.grant is not None or context.actor.access >= Access.manager:
        return
    at = await context.read(queries.checked_at, context.actor.name, change.project_id)
    if at is not None and at > context.now() - minutes * MINUTE:
        return
    raise PreconditionRequired(
        f"project_id: fields of '{change.project_id}' are changed by who has looked at what is new within the last "
        f"{minutes} minutes; call check_knowledge_gaps with project_id '{change.project_id}', then do this again.",
        code="knowledge_check_required",
        project_id=change.project_id,
        require_check_minutes=minutes,
    )
