"""Letting others decide in one's place."""

from __future__ import annotations

from teammcp import (
    Context,
    Deadline,
    Forbidden,
    InvalidInput,
    Transaction,
    Work,
    find_agent,
    operation,
    quoted_line,
    send_notes,
)

from ...events import ApprovalDelegated, DelegationChanged
from ...models import (
    ApprovalId,
    Delegated,
    Name,
)
from .. import announcements, deciders, shapes, voice_queries
from ..closing import check_open

LONGEST = 366 * 24 * 3600 * 1000
"""Milliseconds for which somebody can be asked to decide."""


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
    notes = await announcements.prepare(context, delegate, approval_id, text, ack_required=True)

    def work(tx: Transaction) -> Delegated:
        now = shapes.find(tx, context, approval_id)
        check_open(now)
        if deciders.check_voice(tx, context, now) != me:
            raise Forbidden("approval_id: you decide in place of somebody, and cannot pass that on.", code="delegated")
        if voice_queries.add_voice(tx, approval_id, f"@{delegate}", me):
            announcements.emit(context, tx, ApprovalDelegated, now, by=me, to=delegate)
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
        context.emit(tx, DelegationChanged(delegate=delegate, until=until), me, agents=[me, delegate])
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
            context.emit(tx, DelegationChanged(delegate=None), me, agents=agents)
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
