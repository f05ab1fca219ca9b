"""Asking, looking, confirming, cancelling, letting others decide."""

from __future__ import annotations

import json
from typing import Any

from teammcp import Conflict, Context, Deadline, Forbidden, InvalidInput, Reader, Transaction, Work, operation
from teammcp.arguments.fields import Limit
from teammcp.features.channels import find_agent
from teammcp.features.messages import quoted_line, send_notes

from . import people, proposing, queries, shapes, state, telling, voice_queries
from .models import (
    Approval,
    ApprovalId,
    ApprovalList,
    Asked,
    Comment,
    Delegated,
    Details,
    Kind,
    Name,
    Resolved,
    Status,
    Title,
)
from .proposing import Proposal
from .settings import Approvers, Minutes, Quorum

WAITING = 200
NEWEST = 2**53
LONGEST = 366 * 24 * 3600 * 1000
"""Milliseconds for which somebody can be asked to decide."""


# -- asking ----------------------------------------------------------------------------------------------------------


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
    keys = list(dict.fromkeys(people.key(context, word, "approvers") for word in approvers))
    people.check_enough(context, keys, quorum)
    proposal = Proposal(
        kind="request",
        title=title,
        details=details,
        approvers=keys,
        why="asked for",
        quorum=quorum,
        expires_seconds=expires_minutes and 60 * expires_minutes,
    )
    _, store = await proposing.prepare(context, proposal)

    def work(tx: Transaction) -> Asked:
        pending = store(tx)
        return Asked(approval_id=pending.approval_id, approver=pending.approver, expires_at=pending.expires_at)

    return work


# -- looking ---------------------------------------------------------------------------------------------------------


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


def pending(reader: Reader, context: Context, limit: int) -> list[Approval]:
    """What waits for the actor, oldest first."""
    rows = voice_queries.waiting(reader, *waiting_for(reader, context), limit)
    return shapes.of_rows(reader, context, rows)


def count_pending(reader: Reader, context: Context, limit: int) -> int:
    """How much that is, counted up to ``limit``."""
    return voice_queries.count_waiting(reader, *waiting_for(reader, context), limit)


def waiting_for(reader: Reader, context: Context) -> tuple[list[str], str, bool, int]:
    """The keys under which questions wait for the actor, its name, whether its own count too, and the time."""
    return people.all_keys(reader, context), context.actor.name, people.is_owner(context.actor), context.now()


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
        keys, everything = people.all_keys(reader, context), people.is_owner(context.actor)
        end = NEWEST if before is None else before
        rows = queries.listed(reader, context.actor.name, keys, everything, status, kind, proposer, end, limit + 1)
        return shapes.of_rows(reader, context, rows)

    found = await context.read(read)
    shown = context.budget().fit(found[:limit])
    return ApprovalList.page(shown, f"before={shown[-1].approval_id}" if len(found) > len(shown) else "")


@operation("GET /api/approvals/{approval_id}", profile="approvals", everyday=True, read_only=True)
async def get_approval(context: Context, approval_id: ApprovalId) -> Approval:
    """Get one approval: what is asked, by whom, who has said what, what came of it."""
    return await context.read(shapes.one, context, approval_id)


# -- the proposer ----------------------------------------------------------------------------------------------------


@operation("POST /api/approvals/{approval_id}/cancel", profile="approvals")
async def cancel_approval(context: Context, approval_id: ApprovalId, comment: Comment = "") -> Work[Resolved]:
    """Take back a proposal of yours that is still open."""

    def work(tx: Transaction) -> Resolved:
        row = shapes.find(tx, context, approval_id)
        if row["proposer"] != context.actor.name and not people.is_owner(context.actor):
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
    store = await proposing.renewal(context, row, await _renewed(context, row))

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


def check_open(row: Any) -> None:
    """Refuse to end what has ended.

    Raises:
        Conflict: it says how, and by whom.
    """
    if row["closed_at"] is not None:
        raise Conflict(
            f"approval_id: approval {row['id']} is {row['status']} already, by {row['closed_by']}.",
            code="already_resolved",
            status=row["status"],
            decided_by=row["closed_by"],
        )


def end(context: Context, tx: Transaction, row: Any, status: Status, comment: str) -> None:
    """End an approval without doing what it is about."""
    queries.close(tx, row["id"], status, context.actor.name, context.now(), None, comment)
    voice_queries.stop_waiting(tx, row["id"])
    telling.ended(context, tx, queries.approval(tx, row["id"]), **({"comment": comment} if comment else {}))


# -- letting others decide -------------------------------------------------------------------------------------------


@operation("POST /api/approvals/{approval_id}/delegate", profile="approvals")
async def delegate_approval(context: Context, approval_id: ApprovalId, to: Name) -> Work[Delegated]:
    """Let another member decide in your place on one question that waits for you; you still may yourself."""
    delegate = _delegate(context, to)
    row = await context.read(shapes.find, context, approval_id)
    if row["proposer"] == delegate:
        raise Forbidden(f"to: {delegate} made this proposal, and nobody approves their own.", code="own_proposal")
    me = context.actor.name
    title = quoted_line(row["title"])
    text = f"{me} asks you to decide in their place on approval {approval_id}: {title}. See get_approval."
    notes = await telling.prepare(context, delegate, approval_id, text, ack_required=True)

    def work(tx: Transaction) -> Delegated:
        now = shapes.find(tx, context, approval_id)
        check_open(now)
        if people.check_voice(tx, context, now) != me:
            raise Forbidden("approval_id: you decide in place of somebody, and cannot pass that on.", code="delegated")
        if voice_queries.add_voice(tx, approval_id, f"@{delegate}", me):
            telling.emit(context, tx, "approval.delegated", now, by=me, to=delegate)
            send_notes(tx, notes)
        return Delegated(delegate=delegate, approval_id=approval_id)

    return work


@operation("PUT /api/approvals/delegation", profile="approvals", idempotent=True)
async def delegate_approvals(context: Context, to: Name, until: Deadline) -> Work[Delegated]:
    """Let another member decide on all your approvals until a time, for instance while you are away."""
    delegate = _delegate(context, to)
    if not context.now() < until <= context.now() + LONGEST:
        raise InvalidInput.at("until", "must be a time within a year from now")

    def work(tx: Transaction) -> Delegated:
        me = context.actor.name
        voice_queries.delegate(tx, me, delegate, until, context.now())
        delegated = Delegated(delegate=delegate, until=until)
        data = delegated.model_dump(mode="json", include={"delegate", "until"})
        context.emit(tx, "approval.delegation_changed", me, agents=[me, delegate], data=data)
        return delegated

    return work


@operation("DELETE /api/approvals/delegation", profile="approvals", idempotent=True)
async def end_delegation(context: Context) -> Work[Delegated]:
    """Decide on your approvals yourself again."""
    me = context.actor.name

    def work(tx: Transaction) -> Delegated:
        before = voice_queries.delegation(tx, me, context.now())
        if voice_queries.end_delegation(tx, me):
            agents = [me] if before is None else [me, before["delegate"]]
            context.emit(tx, "approval.delegation_changed", me, agents=agents, data={"delegate": None})
        return Delegated(delegate=None)

    return work


@operation("GET /api/approvals/delegation", profile="approvals", read_only=True)
async def get_delegation(context: Context) -> Delegated:
    """See who decides on your approvals at present, besides yourself."""
    row = await context.read(voice_queries.delegation, context.actor.name, context.now())
    return Delegated(delegate=None) if row is None else Delegated(delegate=row["delegate"], until=row["until"])


def _delegate(context: Context, to: str) -> str:
    found = find_agent(context, to, "to")
    if found == context.actor:
        raise InvalidInput.at("to", "is you", detail="to: name another member than yourself.")
    return found.name
