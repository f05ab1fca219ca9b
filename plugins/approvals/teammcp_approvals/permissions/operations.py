"""Permission prompts of agents' programs: deny rules, built-in dangers, then a person or a rule that allows.

Whatever is decided is an approval of the kind ``permission`` that has ended, and an event; nothing is let through that
no rule and no person has allowed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from teammcp import (
    Conflict,
    Context,
    Event,
    Line,
    Reason,
    Transaction,
    Work,
    ends,
    excerpt,
    json_within,
    operation,
    require_valid,
)

from .. import memory
from ..models import TITLE, HookAnswer, HookDecision, HookOutput, PermissionCheck, PermissionDecision
from ..requests import announcements, deciders, proposals, queries, shapes, voice_queries
from ..requests.operations.expiry import expire_approval
from ..requests.proposals import Proposal
from ..rules import matching
from ..settings import ApprovalSettings
from . import dangers
from .verdicts import verdict

ENDED = {"approval.approved", "approval.rejected", "approval.cancelled", "approval.expired"}
LARGEST = 16 * 1024 * 1024
"""Bytes of a tool's input: a whole file may be in it."""

Tool = Annotated[Line, Field(min_length=1, max_length=200)]
Input = Annotated[dict[str, Any], AfterValidator(json_within(LARGEST, 32))]
ToolUse = Annotated[Line, Field(max_length=200)]
Seconds = Annotated[float, Field(ge=0, le=600)]


@operation("POST /api/permissions", profile="approvals", holds=True, largest=LARGEST)
async def request_permission(
    context: Context, tool_name: Tool, input: Input, tool_use_id: ToolUse = "", timeout_s: Seconds | None = None
) -> PermissionDecision:
    """Ask whether you may use a tool with this input, and wait for the answer: the permission prompt of your program.

    Without an answer in time it is denied.
    """
    behavior, message = await _decide(context, tool_name, input, tool_use_id, timeout_s)
    if behavior == "allow":
        return PermissionDecision(behavior="allow", updatedInput=input)
    return PermissionDecision(behavior="deny", message=message)


@operation("POST /api/hooks/permission", profile="approvals", tool=False, lenient=True, holds=True, largest=LARGEST)
async def permission_hook(
    context: Context,
    tool_name: Tool,
    tool_input: Input,
    tool_use_id: ToolUse = "",
    hook_event_name: Literal["PermissionRequest"] = "PermissionRequest",
    timeout_s: Seconds | None = None,
) -> HookAnswer:
    """Answer the hook PermissionRequest of an agent's program, in the shape that it reads."""
    behavior, message = await _decide(context, tool_name, tool_input, tool_use_id, timeout_s)
    decision = HookDecision(behavior=behavior, message=message if behavior == "deny" else None)
    return HookAnswer(hookSpecificOutput=HookOutput(decision=decision))


async def _decide(
    context: Context, tool: str, given: dict[str, Any], use: str, timeout_s: float | None
) -> tuple[Literal["allow", "deny"], str]:
    """The decision and its reason.

    Raises:
        Unauthorized: the key was replaced meanwhile, or the agent retired.
    """
    timeout = _patience(context, timeout_s)
    before = context.team.hub.last_id
    checked: PermissionCheck = await context.call(
        check_permission, tool_name=tool, input=given, tool_use_id=use, timeout_s=timeout
    )
    if checked.decision != "ask":
        return checked.decision, checked.message
    number = checked.approval_id
    with _seen_to_wait(context, tool, number) as goes_on:
        if await _was_answered(context, number, before, timeout):
            goes_on.append(Reason("was answered"))
        else:
            await _give_up(context, number)
    require_valid(context)
    row = await context.read(queries.approval, number)
    said = await context.read(voice_queries.decisions, [number])
    return _answer(row, said)


async def _was_answered(context: Context, number: int, before: int, timeout: float) -> bool:
    """Whether an approval ends in time; nothing is held meanwhile. A key that is replaced ends the wait."""
    loses = ends(context)

    def has_ended(event: Event) -> bool:
        return event.kind in ENDED and event.subject == str(number)

    with context.team.hub.subscribe(lambda event: has_ended(event) or loses(event), before) as events:
        return any(map(has_ended, await events.next(timeout)))


@contextmanager
def _seen_to_wait(context: Context, tool: str, number: int) -> Iterator[list[Reason]]:
    """Let the team see that the agent waits for a person, until all its prompts have ended in some way.

    It then goes on for the reason that is put into the list; for lack of one, without a permission.
    """
    presence, me, known = context.team.presence, context.actor.name, memory.of(context.team)
    presence.set_status(me, "waiting", Reason("permission prompt: %(about)s", tool))
    known.prompts[me] += 1
    known.awaited[number] += 1
    goes_on: list[Reason] = []
    try:
        yield goes_on
    finally:
        known.prompts[me] -= 1
        known.awaited -= Counter([number])  # which leaves no zeros
        if not known.prompts[me] and presence.status_of(me).status == "waiting":  # it may have left meanwhile
            presence.set_status(me, "busy", next(iter(goes_on), Reason("goes on without a permission")))


def _patience(context: Context, timeout_s: float | None) -> float:
    settings: ApprovalSettings = context.settings("approvals")
    return settings.permission_seconds if timeout_s is None else timeout_s


async def _give_up(context: Context, number: int) -> None:
    try:
        await Context.inside(context.team).call(expire_approval, approval_id=number, given_up=True)
    except Conflict:
        return  # somebody has decided at the last moment, and that counts


def _answer(row: Any, said: list[Any]) -> tuple[Literal["allow", "deny"], str]:
    words = "".join(f" {each['comment']}" for each in said if each["comment"])
    if row["status"] == "approved":
        return "allow", f"Allowed by {row['closed_by']}.{words}"
    if row["status"] == "rejected":
        return "deny", f"Denied by {row['closed_by']}.{words}"
    return "deny", "Nobody has allowed it in time, so it is denied."


@operation("POST /api/permissions/check", profile="approvals", tool=False, largest=LARGEST)
async def check_permission(
    context: Context, tool_name: Tool, input: Input, tool_use_id: ToolUse = "", timeout_s: Seconds | None = None
) -> Work[PermissionCheck]:
    """Ask whether you may use a tool, without waiting: allow, deny, or the approval by which a person is asked."""
    decision, source, reason = verdict(context, tool_name, input)
    if decision != "ask":
        return _record(context, _kept(tool_name, input, tool_use_id), decision, source, reason)
    settings: ApprovalSettings = context.settings("approvals")
    keys = [deciders.key(context, word, "permission_approvers") for word in settings.permission_approvers]
    proposal = Proposal(
        kind="permission",
        title=_title(tool_name, input),
        approvers=keys,
        why=reason,
        arguments={"tool_name": tool_name, "input": input, "tool_use_id": tool_use_id},  # whole: it is to be read
        expires_seconds=int(_patience(context, timeout_s)) + 1,
    )
    _, store = await proposals.prepare(context, proposal)

    def work(tx: Transaction) -> PermissionCheck:
        pending = store(tx)
        message = f"{pending.approver} is asked"
        return PermissionCheck(decision="ask", approval_id=pending.approval_id, message=message)

    return work


def _record(
    context: Context, arguments: dict[str, Any], decision: Literal["allow", "deny"], source: str, reason: str
) -> Work[PermissionCheck]:
    """Write down what the rules have decided."""
    number, now = memory.of(context.team).next_id(), context.now()

    def work(tx: Transaction) -> PermissionCheck:
        title = _title(arguments["tool_name"], arguments["input"])
        proposal = Proposal("permission", title, [], reason, arguments=arguments)
        proposals.insert(context, tx, number, proposal, f"decided {number}", now)
        status = "approved" if decision == "allow" else "rejected"
        queries.close(tx, number, status, "system", now, None, reason)
        announcements.permission(context, tx, queries.approval(tx, number), source)
        return PermissionCheck(decision=decision, approval_id=number, message=reason)

    return work


def _title(tool: str, given: dict[str, Any]) -> str:
    """The tool, and what it would run or touch."""
    about = next((given[name] for name in (*dangers.COMMAND_ARGUMENTS, *dangers.PATH_ARGUMENTS) if name in given), "")
    return excerpt(" ".join(f"{tool}: {matching.as_text(about)}".split()).removesuffix(":"), TITLE)


def _kept(tool: str, given: dict[str, Any], use: str) -> dict[str, Any]:
    """What is kept of a prompt that rules have decided: long texts are cut, and then a digest stands for the whole."""
    kept = shapes.cut(given)
    arguments = {"tool_name": tool, "input": kept, "tool_use_id": use}
    if kept != given:
        arguments["input_sha256"] = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
    return arguments
