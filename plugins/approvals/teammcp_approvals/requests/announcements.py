"""Telling those whom an approval concerns: events, and direct messages sent with the change they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from teammcp import Context, Note, Transaction, quoted_block, quoted_line, server_note

from ..events import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalEvent,
    ApprovalExpired,
    ApprovalFailed,
    ApprovalNeedsConfirmation,
    ApprovalRejected,
    EndedApproval,
    PermissionDecided,
)
from ..models import short
from . import deciders, queries, voice_queries

NOT_MADE = {
    "rejected": "approval {number} was rejected by {by}",
    "cancelled": "approval {number} was taken back by {by}",
    "expired": "nobody decided on approval {number} in time",
    "failed": "approval {number} was given, but the change could not be made",
}
"""The ends of an approval whose call is not made, in words."""
ENDED: dict[str, type[EndedApproval]] = {
    "approved": ApprovalApproved,
    "rejected": ApprovalRejected,
    "cancelled": ApprovalCancelled,
    "expired": ApprovalExpired,
    "failed": ApprovalFailed,
    "needs_confirmation": ApprovalNeedsConfirmation,
}
"""The event that tells of an approval with this status."""
CUT = "…"
"""What ends a value that is cut."""
VALUE = 1000
"""Characters of a value in a message."""


def emit(context: Context, tx: Transaction, kind: type[ApprovalEvent], row: Any, **more: Any) -> None:
    """Append an event about an approval."""
    event = kind(
        approval_id=row["id"],
        kind=row["kind"],
        operation=row["operation"],
        proposed_by=row["proposer"],
        approver=deciders.in_words(queries.approvers(row)),
        status=row["status"],
        **({"project_id": row["project_id"], "field": row["field"]} if row["kind"] == "state" else {}),
        **more,
    )
    context.emit(tx, event, row["id"], agents=deciders.audience(tx, context, row))


def ended(context: Context, tx: Transaction, row: Any, **more: Any) -> None:
    """Tell how an approval has ended; of a permission prompt, its decision as well."""
    emit(context, tx, ENDED[row["status"]], row, **more)
    if row["operation"] is not None and row["status"] in NOT_MADE:
        _drop(context, tx, row)
    if row["kind"] == "permission":
        source = "person" if row["status"] in {"approved", "rejected"} else row["status"]
        permission(context, tx, row, source)


def _drop(context: Context, tx: Transaction, row: Any) -> None:
    """Tell the plugins that the call will not be made. What was said about it is for its proposer alone."""
    call = {"operation": row["operation"], "arguments": json.loads(row["arguments"]), "proposer": row["proposer"]}
    reason = NOT_MADE[row["status"]].format(number=row["id"], by=row["closed_by"])
    tx.on_commit(lambda: context.notify("deferred_dropped", **call, reason=reason))


def permission(context: Context, tx: Transaction, row: Any, source: str) -> None:
    """Tell how a permission prompt was decided: by a ``rule``, as ``dangerous``, by a ``person``, or by nobody."""
    behavior = "allow" if row["status"] == "approved" else "deny"
    tool = json.loads(row["arguments"])["tool_name"]
    emit(
        context,
        tx,
        PermissionDecided,
        row,
        tool_name=tool,
        behavior=behavior,
        source=source,
        reason=row["error"],
    )


async def prepare_question(
    context: Context, approval_id: int, text: str, keys: Iterable[str], proposer: str
) -> list[Note]:
    """Messages that ask those who may decide, and who decides for them, to do so; to be acknowledged."""
    approvers = [agent.name for agent in deciders.deciders(context, keys, proposer)]
    delegates = await context.read(voice_queries.delegates, approvers, context.now())
    names = dict.fromkeys([*approvers, *(name for name in delegates if name != proposer)])
    return [note for name in names for note in await prepare(context, name, approval_id, text, ack_required=True)]


async def prepare(
    context: Context, recipient: str, approval_id: int, text: str, *, ack_required: bool = False
) -> list[Note]:
    """A direct message from the server; none if it cannot be sent, which keeps nothing else from happening."""
    return await server_note(
        context,
        recipient,
        text,
        about=f"approval {approval_id}",
        metadata={"approval_id": approval_id},
        ack_required=ack_required,
        priority="next",
    )


def question(approval_id: int, title: str, details: str, values: dict[str, str], proposer: str) -> str:
    """The text of a question to those who decide. ``values``: what else they need to know, by name.

    What the proposer has written is quoted, so that it cannot pass for the server's own words.
    """
    lines = [f"{proposer} asks for your approval ({approval_id}): {quoted_line(title)}"]
    lines += [quoted_block(details)] if details else []
    for name, value in values.items():
        if value:
            one = len(value.splitlines()) == 1
            lines.append(f"{name}: {quoted_line(value)}" if one else f"{name}:\n{quoted_block(value)}")
    if any(value.endswith(CUT) for value in values.values()):
        lines.append(f"Some of this is cut. Read all of it before you decide: get_approval {approval_id}, or its page.")
    lines.append(f"Answer with resolve_approval, approval_id {approval_id}, approved true or false, or on its page.")
    return "\n".join(lines)


def shown(value: Any) -> str:
    """A value in a message."""
    return short(value, VALUE)


def dumps(value: Any) -> str:
    """JSON as it is stored."""
    return json.dumps(value, ensure_ascii=False)
