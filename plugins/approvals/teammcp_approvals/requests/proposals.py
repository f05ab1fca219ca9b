"""Making a call wait: the approval that stands for it, those who are asked, and what the caller is told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from teammcp import Conflict, Context, Deferred, Note, Transaction, Work, send_notes

from .. import memory
from ..events import ApprovalConfirmed, ApprovalRequested
from ..models import Kind, Pending
from ..settings import ApprovalSettings
from . import announcements, deciders, queries, running, voice_queries

MOST_OPEN = 100
"""Questions that one member may have open at once."""
SETTINGS = {"owner", "approver", "approval_required", "subscribers"}
"""Arguments of set_state that change more than the value."""


@dataclass(frozen=True)
class Proposal:
    """What somebody has to agree to."""

    kind: Kind
    title: str
    approvers: list[str]
    """As keys; see `deciders`."""
    why: str
    operation: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    details: str = ""
    quorum: int = 1
    expires_seconds: int | None = None
    project_id: str | None = None
    field: str | None = None
    base_version: int | None = None
    old_value: Any = None


async def defer(context: Context, proposal: Proposal) -> Deferred[Any]:
    """Make the actor's call wait. The same call, made again meanwhile, waits with the first one."""
    pending, work = await prepare(context, proposal)
    run = running.of(context)
    if run is None:
        return Deferred(None, work=lambda tx: _told(work(tx)))
    run.afterwards.append(work)  # stored with the decision that leads to it, or not at all
    return Deferred(_told(pending))


def _told(pending: Pending) -> dict[str, Any]:
    return pending.model_dump(mode="json")


async def prepare(context: Context, proposal: Proposal) -> tuple[Pending, Work[Pending]]:
    """What the caller will probably be told, and the work that stores the approval and tells for certain."""
    fingerprint = _fingerprint(context.actor.name, proposal)
    found = await context.read(queries.open_by_fingerprint, fingerprint)
    if found is not None:
        same = (found["base_version"], found["status"]) == (proposal.base_version, "pending")
        return _pending(found), _again(fingerprint) if same else await renewal(context, found, proposal)
    approval_id = memory.of(context.team).next_id()
    expires_at = context.now() + 1000 * _seconds(context, proposal)
    pending = Pending(
        approval_id=approval_id,
        approver=deciders.in_words(proposal.approvers),
        reason=proposal.why,
        expires_at=expires_at,
    )
    notes = await _questions(context, approval_id, proposal, context.actor.name)

    def work(tx: Transaction) -> Pending:
        twin = queries.open_by_fingerprint(tx, fingerprint)
        if twin is not None:  # made at the same moment
            return _pending(twin)
        _check_few(tx, context.actor.name)
        insert(context, tx, approval_id, proposal, fingerprint, expires_at)
        send_notes(tx, notes)
        announcements.emit(context, tx, ApprovalRequested, queries.approval(tx, approval_id))
        return pending

    return pending, work


def _check_few(tx: Transaction, proposer: str) -> None:
    """Keep one member from flooding those who decide.

    Raises:
        Conflict: too many of its questions are open.
    """
    if queries.count_open(tx, proposer, MOST_OPEN) == MOST_OPEN:
        raise Conflict(
            f"{MOST_OPEN} of your proposals wait already. Wait until some are decided, or take some back: "
            "cancel_approval.",
            code="too_many_open",
        )


def _again(fingerprint: str) -> Work[Pending]:
    def work(tx: Transaction) -> Pending:
        found = queries.open_by_fingerprint(tx, fingerprint)
        if found is None:
            raise Conflict("The same proposal was decided at this moment; look at what came of it, then try again.")
        return _pending(found)

    return work


async def renewal(context: Context, row: Any, proposal: Proposal) -> Work[Pending]:
    """The work that asks again, for the field as it is now; by the proposer, who confirms so that it still wants it."""
    expires_at = context.now() + 1000 * _seconds(context, proposal)
    notes = await _questions(context, row["id"], proposal, row["proposer"])

    def work(tx: Transaction) -> Pending:
        now = queries.approval(tx, row["id"])
        assert now is not None  # noqa: S101 - approvals are never deleted
        if (now["status"], now["round"]) != (row["status"], row["round"]):
            return _pending(now)  # decided, or confirmed, at the same moment
        queries.renew(
            tx,
            row["id"],
            announcements.dumps(proposal.arguments),
            proposal.base_version,
            announcements.dumps(proposal.old_value),
            announcements.dumps(proposal.approvers),
            expires_at,
        )
        voice_queries.replace_voices(tx, row["id"], proposal.approvers)
        send_notes(tx, notes)
        renewed = queries.approval(tx, row["id"])
        announcements.emit(context, tx, ApprovalConfirmed, renewed)
        return _pending(renewed)

    return work


def _seconds(context: Context, proposal: Proposal) -> int:
    settings: ApprovalSettings = context.settings("approvals")
    return proposal.expires_seconds or 60 * settings.expires_minutes


def _pending(row: Any) -> Pending:
    return Pending(
        approval_id=row["id"],
        approver=deciders.in_words(queries.approvers(row)),
        reason=row["why"],
        expires_at=row["expires_at"],
    )


def insert(
    context: Context, tx: Transaction, approval_id: int, proposal: Proposal, fingerprint: str, expires_at: int
) -> None:
    """Store an approval with those whose word counts."""
    queries.insert(
        tx,
        approval_id,
        proposal.kind,
        proposal.title,
        proposal.details,
        proposal.operation,
        announcements.dumps(proposal.arguments),
        context.actor.name,
        proposal.reason,
        proposal.why,
        proposal.project_id,
        proposal.field,
        proposal.base_version,
        announcements.dumps(proposal.old_value),
        announcements.dumps(proposal.approvers),
        proposal.quorum,
        fingerprint,
        context.now(),
        expires_at,
    )
    voice_queries.replace_voices(tx, approval_id, proposal.approvers)


async def _questions(context: Context, approval_id: int, proposal: Proposal, proposer: str) -> list[Note]:
    state = proposal.kind == "state"
    if proposal.operation == "set_state":
        values = {
            "value": announcements.shown(proposal.arguments["value"]),
            "now": announcements.shown(proposal.old_value),
        }
        rest = {key: value for key, value in proposal.arguments.items() if key in SETTINGS}
        values["also"] = announcements.shown(rest) if rest else ""
    else:
        values = {"arguments": announcements.shown(proposal.arguments) if proposal.arguments else ""}
        values["now"] = announcements.shown(proposal.old_value) if state else ""
    values |= {"reason": proposal.reason, "why it waits": "" if proposal.kind == "request" else proposal.why}
    text = announcements.question(approval_id, proposal.title, proposal.details, values, proposer)
    return await announcements.prepare_question(context, approval_id, text, proposal.approvers, proposer)


def _fingerprint(proposer: str, proposal: Proposal) -> str:
    """What makes two proposals the same: who, what, with which arguments.

    Of a state field it is the value: neither the version it was meant for nor the reason makes it another one.
    """
    about: list[Any] = [proposer, proposal.kind, proposal.operation, proposal.title, proposal.details]
    about.append(proposal.approvers if proposal.kind == "request" else None)
    arguments = proposal.arguments
    if proposal.kind == "state":
        arguments = _bare(arguments)
        arguments["conclusions"] = [_bare(each) for each in arguments.get("conclusions", [])]
    text = json.dumps([*about, arguments], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _bare(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key not in {"expected_version", "reason"}}
