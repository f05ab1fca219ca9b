"""Deciding: a word is written down and, once enough have agreed, the call is run, both in one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from teammcp import (
    Access,
    Conflict,
    Context,
    Forbidden,
    Note,
    Prepared,
    Reader,
    TeamError,
    Transaction,
    Work,
    operation,
    quoted_block,
    quoted_line,
    send_notes,
)

from ... import memory
from ...events import ApprovalDecided
from ...models import ApprovalId, Comment, Resolved, Status
from .. import announcements, deciders, queries, running, shapes, voice_queries
from ..closing import check_open
from ..running import Run

RESULT = 16 * 1024
"""Characters of a call's result that are kept."""
TOO_MANY = 429


@dataclass
class Outcome:
    """What came of running the approved call."""

    status: Status
    result: Any = None
    error: str = ""


@dataclass
class Call:
    """The approved call, ready to be run: ``prepared``, or else how it ended before it began."""

    context: Context
    name: str
    prepared: Prepared[Any] | None = None
    outcome: Outcome | None = None
    afterwards: list[Work[Any]] = field(default_factory=list)


@operation("POST /api/approvals/{approval_id}/resolve", profile="approvals")
async def resolve_approval(
    context: Context, approval_id: ApprovalId, approved: bool, comment: Comment = ""
) -> Work[Resolved]:
    """Approve or reject what waits for you. Once enough have approved, it is done in the name of its proposer."""
    return await _resolve(context, approval_id, approved, comment)


@operation("POST /api/state/approvals/{approval_id}/resolve", profile="approvals", tool=False)
async def resolve_state_approval(
    context: Context, approval_id: ApprovalId, approved: bool, comment: Comment = ""
) -> Work[Resolved]:
    """Approve or reject a change of the shared state, as resolve_approval does."""
    return await _resolve(context, approval_id, approved, comment)


async def _resolve(context: Context, approval_id: int, approved: bool, comment: str) -> Work[Resolved]:
    row, voice = await context.read(_check, context, approval_id)
    await _refuse_newcomer(context, row, voice)
    said = await context.read(voice_queries.decisions, [approval_id])
    call = await _prepare_call(context, row, voice, said) if approved and row["operation"] is not None else None
    notes = await _prepare_notes(context, row, approved, comment)

    def work(tx: Transaction) -> Resolved:
        now, mine = _check(tx, context, approval_id)
        if (now["round"], mine) != (row["round"], voice):
            raise Conflict(f"Approval {approval_id} was changed at the same moment; look at it again.", code="moved")
        count = _write_down(context, tx, now, voice, approved, comment)
        if approved and count < now["quorum"]:
            return _resolved(now, "pending", count)
        outcome = _run(tx, now, call) if approved else Outcome("rejected")
        _conclude(context, tx, now, outcome)
        send_notes(tx, notes.get(outcome.status, []))
        return _resolved(now, outcome.status, count, outcome)

    return work


async def _refuse_newcomer(context: Context, row: Any, voice: str) -> None:
    """Let nobody decide as one of all members who was not there when it was asked: its proposer may have made it.

    Raises:
        Forbidden: the actor came later, and is no manager.
    """
    me = context.actor
    if voice != me.name or me.access >= Access.manager:
        return
    profile = await context.call("get_agent_profile", name=me.name)
    if profile.created_at > row["created_at"]:
        raise Forbidden(
            f"approval_id: you came to the team after approval {row['id']} was asked; somebody who was there decides.",
            code="came_later",
        )


def _write_down(context: Context, tx: Transaction, row: Any, voice: str, approved: bool, comment: str) -> int:
    """Write down the actor's word; how many have approved now."""
    me = context.actor.name
    voice_queries.decide(tx, row["id"], row["round"], me, voice, approved, comment, context.now())
    decision: dict[str, Any] = {"approved": approved, "by": me, "comment": comment}
    if voice != me:
        decision["on_behalf_of"] = voice
    if row["proposer"] == me:
        decision["self_approved"] = True
    announcements.emit(context, tx, ApprovalDecided, row, **decision)
    said = voice_queries.decisions(tx, [row["id"]])
    return sum(each["approved"] for each in said if each["round"] == row["round"])


def _check(reader: Reader, context: Context, approval_id: int) -> tuple[Any, str]:
    """The approval, if the actor may decide on it now, and on whose behalf it does.

    Raises:
        NotFound, Forbidden: it is not the actor's to decide. Conflict: it is decided, or its time is over.
    """
    row = shapes.find(reader, context, approval_id)
    voice = deciders.check_voice(reader, context, row)
    check_open(row)
    if row["status"] == "needs_confirmation":
        raise Conflict(
            f"approval_id: the field of approval {approval_id} has changed; {row['proposer']} must confirm it first.",
            code="needs_confirmation",
            status=row["status"],
        )
    if row["expires_at"] <= context.now():
        raise Conflict(
            f"approval_id: the time of approval {approval_id} is over; it must be proposed again.", code="expired"
        )
    said = [each for each in voice_queries.decisions(reader, [approval_id]) if each["round"] == row["round"]]
    for each in said:
        if context.actor.name == each["agent"] or voice == each["voice"]:
            raise Conflict(
                f"approval_id: {each['agent']} has decided on approval {approval_id} for {each['voice']} already.",
                code="already_decided",
                decided_by=each["agent"],
            )
    return row, voice


# -- running the call ------------------------------------------------------------------------------------------------


async def _prepare_call(context: Context, row: Any, voice: str, said: list[Any]) -> Call:
    """Run the checks and hooks of the stored call, as its proposer."""
    directory = context.team.directory
    proposer = directory.agent(row["proposer"])
    if proposer is None or proposer.retired:
        outcome = Outcome("failed", error=f"{row['proposer']} was retired.")
        return Call(context, row["operation"], outcome=outcome)
    names = [each["voice"] for each in said if each["round"] == row["round"] and each["approved"]]
    agreed = [found for name in (*names, voice) if (found := directory.agent(name)) is not None]
    approved = Run(row, agreed)
    call = Call(context.on_behalf_of(proposer, approved.grant), row["operation"], afterwards=approved.afterwards)
    try:
        with running.run(approved):
            prepared = await call.context.prepare(row["operation"], **json.loads(row["arguments"]))
    except TeamError as error:
        call.outcome = _failed(row, error)
    else:
        call.prepared = prepared
    return call


def _failed(row: Any, error: TeamError) -> Outcome:
    """What an error makes of the approval; one that has nothing to do with it is raised again, and it stays pending."""
    if error.status >= 500 or error.status == TOO_MANY:
        raise error
    if row["kind"] == "state" and error.code == "version_conflict":
        return Outcome("needs_confirmation", error=error.detail)
    return Outcome("failed", error=error.detail)


def _run(tx: Transaction, row: Any, call: Call | None) -> Outcome:
    """Run the call, if there is one; if it fails, nothing of it is left but the reason."""
    if call is None:
        return Outcome("approved")
    try:
        return tx.attempt(lambda inner: _carry_out(inner, call))
    except TeamError as error:
        return _failed(row, error)


def _carry_out(tx: Transaction, call: Call) -> Outcome:
    outcome = call.outcome
    if call.prepared is not None:
        proposer = call.context.actor
        if call.context.team.directory.agent(proposer.name) != proposer:  # between the checks and this transaction
            return Outcome("failed", error=f"{proposer.name} was retired or got other rights at the same moment.")
        result = call.prepared(tx)
        if call.prepared.waits:  # another rule has a say as well: its question is asked now
            return _with_afterwards(tx, call, Outcome("approved", _json(result)))
        if getattr(result, "ok", True) is False:  # an answer of claims that changes nothing: somebody else has it now
            why = getattr(result, "reason", None) or "there is nothing to do any more"
            return Outcome("failed", _json(result), f"{call.name} came too late: {why}.")
        done = call.context.server.registry.get(call.name)
        tx.on_commit(lambda: call.context.notify("operation_done", operation=done, result=result))
        outcome = Outcome("approved", _json(result))
    assert outcome is not None  # noqa: S101 - a call either has a work or has ended
    return _with_afterwards(tx, call, outcome)


def _with_afterwards(tx: Transaction, call: Call, outcome: Outcome) -> Outcome:
    """Store what the plugin itself makes wait because of the call."""
    if outcome.status == "approved":
        for each in call.afterwards:
            each(tx)
    return outcome


def _json(result: Any) -> Any:
    return result.model_dump(mode="json", by_alias=True) if isinstance(result, BaseModel) else result


def _conclude(context: Context, tx: Transaction, row: Any, outcome: Outcome) -> None:
    """Write down how an approval ended, or that its proposer has to confirm."""
    if outcome.status == "needs_confirmation":
        queries.need_confirmation(tx, row["id"])
    else:
        result = None if outcome.result is None else announcements.dumps(outcome.result)
        if result is not None and len(result) > RESULT:
            result = announcements.dumps({"omitted": True})
        queries.close(tx, row["id"], outcome.status, context.actor.name, context.now(), result, outcome.error)
    voice_queries.stop_waiting(tx, row["id"])
    data = {"error": outcome.error} if outcome.error else {}
    announcements.ended(context, tx, queries.approval(tx, row["id"]), **data)


def _resolved(row: Any, status: Status, count: int, outcome: Outcome | None = None) -> Resolved:
    result = None if outcome is None else outcome.result
    state = row["kind"] == "state"
    return Resolved(
        success=status in {"approved", "rejected", "pending"},
        approval_id=row["id"],
        approval_status=status,
        approvals=count,
        quorum=row["quorum"],
        project_id=row["project_id"],
        field=row["field"],
        version=result.get("version") if state and isinstance(result, dict) else None,
        result=result,
        error="" if outcome is None else outcome.error,
    )


# -- telling the proposer --------------------------------------------------------------------------------------------


async def _prepare_notes(context: Context, row: Any, approved: bool, comment: str) -> dict[str, list[Note]]:
    """The message to the proposer for each way it may end now; none if it knows anyway, as it decides or waits."""
    if row["proposer"] == context.actor.name or row["id"] in memory.of(context.team).awaited:
        return {}
    number, me = row["id"], context.actor.name
    said = f"\n{quoted_block(comment)}" if comment else ""
    about = f"Your proposal {number} ({quoted_line(row['title'])})"
    texts = {
        "rejected": f"{about} was rejected by {me}.{said}",
        "approved": f"{about} was approved by {me}{' and done' if row['operation'] else ''}.{said}",
        "failed": f"{about} was approved by {me} but could not be done; get_approval {number} says why.{said}",
        "needs_confirmation": (
            f"{about} was approved by {me}, but the field has changed since you proposed it. Look at it: get_state. "
            f"Then confirm_approval or cancel_approval, approval_id {number}.{said}"
        ),
    }
    wanted = {key: text for key, text in texts.items() if (key == "rejected") is not approved}
    return {key: await announcements.prepare(context, row["proposer"], number, text) for key, text in wanted.items()}
