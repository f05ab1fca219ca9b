"""Asking for approval, looking at what is asked, and taking one's own question back."""

from __future__ import annotations

import json
from typing import Any

from teammcp import (
    LARGEST_ID,
    Conflict,
    Context,
    Forbidden,
    Limit,
    Reader,
    Transaction,
    Work,
    find_agent,
    operation,
)

from ... import state
from ...models import (
    Approval,
    ApprovalId,
    ApprovalList,
    Asked,
    Comment,
    Details,
    Kind,
    Name,
    Resolved,
    Status,
    Title,
)
from ...settings import Approvers, Minutes, Quorum
from .. import deciders, proposals, queries, shapes
from ..closing import check_open, end
from ..proposals import Proposal
from ..waiting import pending

WAITING = 200


@operation("POST /api/approvals", profile="approvals", everyday=True)
async def request_approval(
    context: Context,
    title: Title,
    details: Details = "",
    approvers: Approvers = ["manager"],  # noqa: B006 - never changed
    quorum: Quorum = 1,
    expires_minutes: Minutes | None = None,
) -> Work[Asked]:
    """Ask for approval of something you intend to do; approvers are names or manager, owner, member.

    Changes of the shared state need no request: set_state asks for approval by itself where it is needed.
    """
    keys = list(dict.fromkeys(deciders.key(context, word, "approvers") for word in approvers))
    deciders.check_enough(context, keys, quorum)
    proposal = Proposal(
        kind="request",
        title=title,
        details=details,
        approvers=keys,
        why="asked for",
        quorum=quorum,
        expires_seconds=expires_minutes and 60 * expires_minutes,
    )
    _, store = await proposals.prepare(context, proposal)

    def work(tx: Transaction) -> Asked:
        pending = store(tx)
        return Asked(approval_id=pending.approval_id, approver=pending.approver, expires_at=pending.expires_at)

    return work


@operation("GET /api/approvals/pending", profile="approvals", read_only=True)
async def get_pending_approvals(context: Context) -> ApprovalList:
    """List what waits for your approval, oldest first; answer each with resolve_approval."""
    return _waiting(context, await context.read(pending, context, WAITING))


@operation("GET /api/state/approvals", profile="approvals", read_only=True, tool=False)
async def get_state_approvals(context: Context) -> ApprovalList:
    """List the changes of the shared state that wait for your approval."""
    found = await context.read(pending, context, WAITING)
    return _waiting(context, [each for each in found if each.kind == "state"])


def _waiting(context: Context, found: list[Approval]) -> ApprovalList:
    shown = context.budget().fit(found)
    return ApprovalList.page(shown, "answer these first" if len(found) > len(shown) else "")


@operation("GET /api/approvals", profile="approvals", read_only=True)
async def list_approvals(
    context: Context,
    status: Status | None = None,
    kind: Kind | None = None,
    proposed_by: Name | None = None,
    limit: Limit = 50,
    before: ApprovalId | None = None,
) -> ApprovalList:
    """List approvals that you may see, newest first: those still open and what became of the others."""
    proposer = None if proposed_by is None else find_agent(context, proposed_by, "proposed_by", retired=True).name

    def read(reader: Reader) -> list[Approval]:
        keys, everything = deciders.all_keys(reader, context), deciders.is_owner(context.actor)
        end = LARGEST_ID if before is None else before
        rows = queries.listed(reader, context.actor.name, keys, everything, status, kind, proposer, end, limit + 1)
        return shapes.of_rows(reader, context, rows)

    found = await context.read(read)
    shown = context.budget().fit(found[:limit])
    return ApprovalList.page(shown, f"before={shown[-1].approval_id}" if len(found) > len(shown) else "")


@operation("GET /api/approvals/{approval_id}", profile="approvals", everyday=True, read_only=True)
async def get_approval(context: Context, approval_id: ApprovalId) -> Approval:
    """Get one approval: what is asked, by whom, who has said what, what came of it."""
    return await context.read(shapes.one, context, approval_id)


@operation("POST /api/approvals/{approval_id}/cancel", profile="approvals")
async def cancel_approval(context: Context, approval_id: ApprovalId, comment: Comment = "") -> Work[Resolved]:
    """Take back a proposal of yours that is still open."""

    def work(tx: Transaction) -> Resolved:
        row = shapes.find(tx, context, approval_id)
        if row["proposer"] != context.actor.name and not deciders.is_owner(context.actor):
            raise _not_proposer(row, "cancel")
        check_open(row)
        end(context, tx, row, "cancelled", comment)
        return Resolved(
            success=True, approval_id=approval_id, approval_status="cancelled", approvals=0, quorum=row["quorum"]
        )

    return work


@operation("POST /api/approvals/{approval_id}/confirm", profile="approvals")
async def confirm_approval(context: Context, approval_id: ApprovalId) -> Work[Asked]:
    """Propose a change again for the field as it is now, after it has moved. Look at it first: get_state."""
    row = await context.read(shapes.find, context, approval_id)
    if row["proposer"] != context.actor.name:
        raise _not_proposer(row, "confirm")
    if row["status"] != "needs_confirmation":
        raise Conflict(f"approval_id: approval {approval_id} is {row['status']}; nothing is to be confirmed.")
    store = await proposals.renewal(context, row, await _renewed(context, row))

    def work(tx: Transaction) -> Asked:
        asked = store(tx)
        return Asked(approval_id=approval_id, approver=asked.approver, expires_at=asked.expires_at)

    return work


def _not_proposer(row: Any, what: str) -> Forbidden:
    return Forbidden(f"approval_id: approval {row['id']} is {row['proposer']}'s to {what}.", code="not_proposer")


async def _renewed(context: Context, row: Any) -> Proposal:
    """The same proposal for the field as it is now."""
    field = await state.current(context, row["project_id"], row["field"])
    if field is None:
        raise Conflict(
            f"approval_id: there is no field '{row['field']}' any more; cancel_approval, and set it anew if you wish.",
            code="state_not_found",
        )
    arguments = json.loads(row["arguments"])
    settings = any(name in arguments for name in state.SETTINGS)
    return Proposal(
        kind="state",
        title=row["title"],
        approvers=state.consent(context, field, settings),
        why=row["why"],
        operation=row["operation"],
        arguments=await state.with_versions(context, row["operation"], arguments),
        reason=row["reason"],
        project_id=row["project_id"],
        field=row["field"],
        base_version=field.version,
        old_value=field.value,
    )
