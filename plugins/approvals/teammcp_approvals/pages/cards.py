"""An approval as the pages show it, and what its viewer may do with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from teammcp import Context
from teammcp.web import (
    values,
)

from .. import state
from ..models import Approval, ApprovalList


@dataclass(frozen=True)
class Card:
    """An approval as a page shows it."""

    approval: Approval
    lines: list[values.Line]
    """Of a state field that is to be set or deleted: the difference to its value now."""
    moved: bool
    """Whether the field has changed since this was proposed."""
    arguments: dict[str, Any]
    """What else the call would do."""


async def card(context: Context, approval: Approval) -> Card:
    """What somebody has to see to decide."""
    if approval.kind == "permission":
        return Card(approval, [], False, approval.arguments["input"])
    if approval.kind != "state" or approval.operation == "conclude_state":
        return Card(approval, [], False, approval.arguments)
    assert approval.project_id is not None and approval.field is not None  # noqa: S101, PT018 - it is about a field
    lines, moved = [], False
    old = approval.old_value
    if approval.status in {"pending", "needs_confirmation"}:
        field = await state.current(context, approval.project_id, approval.field)
        old = None if field is None else field.value
        moved = (0 if field is None else field.version) != approval.base_version
    if approval.operation == "delete_state":
        lines = values.only("removed", old)
    else:
        lines = values.compare(old, approval.proposed_value)
    settings = {key: value for key, value in approval.arguments.items() if key in state.SETTINGS}
    return Card(approval, lines, moved, settings)


async def cards(context: Context, found: ApprovalList) -> list[Card]:
    """The same of several."""
    return list(await asyncio.gather(*(card(context, each) for each in found.root)))
