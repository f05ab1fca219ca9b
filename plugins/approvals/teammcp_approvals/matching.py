"""Which calls a rule is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from teammcp import Access, Agent, Context, Operation

from . import memory
from .people import LEVELS
from .settings import PermissionRule, Rule, matches

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


def is_about(rule: Rule, actor: Agent, operation: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a rule wants this call to wait."""
    return matches(rule.operation, operation) and is_by(rule.who, actor) and fits(rule.arguments, arguments)


def is_by(who: list[str], actor: Agent) -> bool:
    """Whether the actor is among ``who``: names, kinds, access levels; nobody named means everybody."""
    return not who or any(_is(word, actor) for word in who)


def _is(word: str, actor: Agent) -> bool:
    if word in (*LEVELS, "observer"):
        return actor.access.name == word
    return (word in {"human", "agent", "service"} and actor.kind == word) or word.removeprefix("@") == actor.name


def fits(patterns: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    """Whether every pattern matches the value of its name; what is not there matches nothing."""
    return all(name in values and matches(pattern, as_text(values[name])) for name, pattern in patterns.items())


def as_text(value: Any) -> str:
    """A value as patterns see it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
