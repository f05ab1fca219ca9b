"""From rows to public shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from teammcp import Context, NotFound, Reader

from ..models import Approval, Decision
from . import deciders, queries, voice_queries

KEPT = 4000
"""Characters of each text in a tool's input that a list shows."""


def cut(value: Any) -> Any:
    """A tool's input with the beginning of each long text."""
    if isinstance(value, dict):
        return {key: cut(each) for key, each in value.items()}
    if isinstance(value, list):
        return [cut(each) for each in value]
    if isinstance(value, str) and len(value) > KEPT:
        return f"{value[:KEPT]}… ({len(value)} characters)"
    return value


def of_rows(reader: Reader, context: Context, rows: Iterable[Any], *, whole: bool = False) -> list[Approval]:
    """The public shapes of approvals, with what was said on them in their last round.

    Of a tool's input, which may be a whole file, long texts are cut unless ``whole``.
    """
    rows = list(rows)
    rounds = {row["id"]: row["round"] for row in rows}
    said: dict[int, list[Decision]] = {row["id"]: [] for row in rows}
    for each in voice_queries.decisions(reader, list(rounds)):
        if each["round"] == rounds[each["approval_id"]]:
            said[each["approval_id"]].append(_decision(each))
    return [_approval(reader, context, row, said[row["id"]], whole) for row in rows]


def _approval(reader: Reader, context: Context, row: Any, decisions: list[Decision], whole: bool) -> Approval:
    keys = queries.approvers(row)
    arguments = json.loads(row["arguments"])
    shown = arguments if whole or row["kind"] != "permission" else cut(arguments)
    return Approval(
        approval_id=row["id"],
        kind=row["kind"],
        title=row["title"],
        details=row["details"],
        operation=row["operation"],
        arguments=shown,
        cut=shown != arguments,
        proposed_by=row["proposer"],
        reason=row["reason"],
        why=row["why"],
        project_id=row["project_id"],
        field=row["field"],
        base_version=row["base_version"],
        proposed_value=arguments.get("value") if row["kind"] == "state" else None,
        old_value=json.loads(row["old_value"]),
        approvers=deciders.words(keys),
        owner=deciders.in_words(keys),
        quorum=row["quorum"],
        status=row["status"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        decisions=decisions,
        result=None if row["result"] is None else json.loads(row["result"]),
        error=row["error"],
        may_decide=_may_decide(reader, context, row, decisions),
    )


def _decision(row: Any) -> Decision:
    return Decision(
        agent=row["agent"],
        approved=bool(row["approved"]),
        comment=row["comment"],
        at=row["at"],
        on_behalf_of=None if row["voice"] == row["agent"] else row["voice"],
    )


def _may_decide(reader: Reader, context: Context, row: Any, decisions: list[Decision]) -> bool:
    if row["status"] != "pending" or row["expires_at"] <= context.now():
        return False
    voice = deciders.voice(reader, context, row)
    if voice is None or deciders.is_own(context, row, voice):
        return False
    spoken = {name for each in decisions for name in (each.agent, each.on_behalf_of)}
    return spoken.isdisjoint({context.actor.name, voice})


def find(reader: Reader, context: Context, approval_id: int) -> Any:
    """The row of an approval that the actor may see.

    Raises:
        NotFound: there is none, or it is none of the actor's business.
    """
    row = queries.approval(reader, approval_id)
    if row is None or not deciders.may_see(reader, context, row):
        raise NotFound(
            f"approval_id: there is no approval {approval_id}. get_pending_approvals lists what waits for you.",
            code="approval_not_found",
        )
    return row


def one(reader: Reader, context: Context, approval_id: int) -> Approval:
    """An approval that the actor may see, in its public shape."""
    return of_rows(reader, context, [find(reader, context, approval_id)], whole=True)[0]
