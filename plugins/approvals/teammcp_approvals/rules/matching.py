"""Which calls a rule is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from teammcp import UNKNOWN, Access, Agent, Context, Operation, matches, names_match, plain_text

from .. import memory
from ..requests.deciders import LEVELS
from ..settings import PermissionRule, Rule

PROFILE = "approvals"
"""The operations of this plugin, on which no rule has a say."""
UNFIT = {"binary", "password"}
"""Formats of arguments that cannot be kept for later: files are too large, secrets are not to be shown."""


def can_wait(operation: Operation) -> bool:
    """Whether calls of an operation can be kept and made later.

    Not those that only read or look after the caller's own place, which even an observer may make, that nobody but the
    server makes, whose result is a secret shown once, or that take files or secrets.
    """
    if operation.access <= Access.observer or not operation.tool or operation.secret_result:
        return False
    if operation.read_only or operation.method == "GET":
        return False
    return operation.profile != PROFILE and not _holds_unfit(operation.arguments.model_json_schema())


def _holds_unfit(schema: Any) -> bool:
    if isinstance(schema, dict):
        unfit = schema.get("format") in UNFIT or schema.get("contentEncoding") == "base64"
        return unfit or any(map(_holds_unfit, schema.values()))
    return isinstance(schema, list) and any(map(_holds_unfit, schema))


def rules(context: Context) -> Iterator[Rule]:
    """The rules about operations, in their order."""
    return (each.rule for each in memory.of(context.team).rules if isinstance(each.rule, Rule))


def permission_rules(context: Context) -> Iterator[PermissionRule]:
    """The rules about tools of agents' programs, in their order."""
    return (each.rule for each in memory.of(context.team).rules if isinstance(each.rule, PermissionRule))


async def is_about(context: Context, rule: Rule, operation: Operation, arguments: Mapping[str, Any]) -> bool:
    """Whether a rule, which is about the actor, wants this call to wait."""
    if not matches(rule.operation, operation.name):
        return False
    for name, pattern in rule.arguments.items():
        if name not in arguments or not await _fits(context, operation, name, pattern, arguments[name]):
            return False
    return True


async def _fits(context: Context, operation: Operation, name: str, pattern: str, value: Any) -> bool:
    """Whether an argument's value, or one of several, matches a pattern; what is not known matches every one."""
    if value is UNKNOWN:
        return True
    if matches(pattern, as_text(value)):
        return True
    values = value if isinstance(value, list) else [value]
    reference = operation.references.get(name)
    if reference is None:
        return any(matches(pattern, as_text(each)) for each in values)
    for each in values:
        if isinstance(each, str) and await names_match(context, reference, pattern, each):
            return True
    return False


def is_by(who: list[str], actor: Agent) -> bool:
    """Whether the actor is among ``who``: names, kinds, access levels; nobody named means everybody."""
    return not who or any(_is(word, actor) for word in who)


def _is(word: str, actor: Agent) -> bool:
    word = plain_text(word)
    if word in (*LEVELS, "observer"):
        return actor.access.name == word
    return (word in {"human", "agent", "service"} and actor.kind == word) or (
        word.removeprefix("@") == plain_text(actor.name)
    )


def as_text(value: Any) -> str:
    """A value as patterns see it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
