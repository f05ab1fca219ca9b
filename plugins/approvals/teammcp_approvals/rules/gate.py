"""The rules on operations: calls that wait until somebody agrees."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from teammcp import Access, Context, Deferred, Operation, Refused, effects_of, excerpt, matches

from ..models import TITLE
from ..requests import deciders, proposals, running
from ..requests.proposals import Proposal
from ..settings import Rule
from . import matching

can_wait = cache(matching.can_wait)


async def look(context: Context, operation: Operation, arguments: BaseModel) -> Deferred[Any] | None:
    """Let a call pass, or make it wait by the first rule that is about it."""
    if context.actor.name == "system" or context.actor.access is Access.anonymous:
        return None
    rules = [rule for rule in matching.rules(context) if matching.is_by(rule.who, context.actor)]
    waits = can_wait(operation)
    if not rules or not (waits or operation.amounts_to) or running.of(context) is not None:
        return None

    def wanted(name: str) -> bool:
        return any(matches(rule.operation, name) for rule in rules)

    calls = await effects_of(context, operation, arguments, wanted)
    for rule in rules:
        for meant, values in calls:
            if not can_wait(meant) or not await matching.is_about(context, rule, meant, values):
                continue
            if not waits:
                raise Refused(f"{operation.name} does here what {meant.name} does, which waits for approval; use that.")
            given = arguments.model_dump(mode="json", include=arguments.model_fields_set - {"idem_key"})
            return await proposals.defer(context, _proposal(context, rule, operation, given))
    return None


def _proposal(context: Context, rule: Rule, operation: Operation, arguments: dict[str, Any]) -> Proposal:
    keys = _keys(context, rule)
    if len(deciders.deciders(context, keys, context.actor.name)) < rule.quorum:
        keys = [*keys, "owner"]  # so that no rule asks people who are not there
    if len(deciders.deciders(context, keys, context.actor.name)) < rule.quorum:
        raise Refused(
            f"{operation.name} needs {rule.quorum} approvals by a rule, and there are fewer who may give one."
        )
    reason = arguments.get("reason")
    return Proposal(
        kind="operation",
        title=excerpt(operation.name, TITLE),
        approvers=keys,
        why=rule.note or f"a rule on {rule.operation}",
        operation=operation.name,
        arguments=arguments,
        reason=reason if isinstance(reason, str) else "",
        quorum=rule.quorum,
        expires_seconds=rule.expires_minutes and 60 * rule.expires_minutes,
    )


def _keys(context: Context, rule: Rule) -> list[str]:
    """The approvers of a rule that are there; who was retired, or is yet to come, cannot be asked."""
    directory = context.team.directory
    found = []
    for word in rule.approvers:
        if word.casefold() in deciders.LEVELS:
            found.append(word.casefold())
        elif (agent := directory.agent(word.removeprefix("@"))) is not None and not agent.retired:
            found.append(f"@{agent.name}")
    return found
