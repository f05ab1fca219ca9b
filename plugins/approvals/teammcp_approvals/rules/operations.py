"""Making and deleting rules. Those of the settings file are listed with them, and stay."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Context,
    InvalidInput,
    Line,
    NotFound,
    Operation,
    Server,
    StartError,
    Transaction,
    Work,
    find_agent,
    matches,
    operation,
    plain_text,
    present,
)

from .. import memory
from ..events import RuleAdded, RuleDeleted
from ..models import RuleList, StoredRule
from ..requests import deciders
from ..settings import ApprovalSettings, Approvers, Glob, Minutes, PermissionRule, Quorum, Rule, Word
from . import matching, queries

Patterns = Annotated[dict[str, Glob], Field(max_length=20)]
Who = Annotated[list[Word], Field(max_length=50)]
Note = Annotated[Line, Field(max_length=200)]
KINDS = ("human", "agent", "service")
NEAR = 0.85
"""How alike a word is to a level or kind that was meant by it: "agnt" and "managers" are, "Agnes" is not."""


@operation("GET /api/approvals/rules", profile="approvals", read_only=True)
async def list_approval_rules(context: Context) -> RuleList:
    """List the rules by which calls, and the tools of agents' programs, wait for approval."""
    return RuleList(list(memory.of(context.team).rules))


@operation("POST /api/approvals/rules", access="owner", profile="approvals")
async def add_approval_rule(
    context: Context,
    operation: Glob,
    arguments: Patterns = {},  # noqa: B006 - never changed
    who: Who = [],  # noqa: B006
    approvers: Approvers = ["manager"],  # noqa: B006
    quorum: Quorum = 1,
    expires_minutes: Minutes | None = None,
    note: Note = "",
) -> Work[StoredRule]:
    """Let calls of an operation wait for approval: its name or a pattern, and patterns of its arguments."""
    _check_operation(context.server.registry, operation, arguments)
    _check_who(context, who)
    for word in approvers:
        deciders.key(context, word, "approvers")
    rule = Rule(
        operation=operation,
        arguments=arguments,
        who=who,
        approvers=approvers,
        quorum=quorum,
        expires_minutes=expires_minutes,
        note=note,
    )
    return _add(context, rule)


@operation("POST /api/approvals/permission-rules", access="owner", profile="approvals")
async def add_permission_rule(
    context: Context,
    tool: Glob,
    decision: Literal["deny", "ask", "allow"],
    input: Patterns = {},  # noqa: B006 - never changed
    who: Who = [],  # noqa: B006
    note: Note = "",
) -> Work[StoredRule]:
    """Decide beforehand about tools of agents' programs: deny them, ask a person, or allow them."""
    _check_who(context, who)
    return _add(context, PermissionRule(tool=tool, input=input, who=who, decision=decision, note=note))


@operation("DELETE /api/approvals/rules/{rule_id}", access="owner", profile="approvals", destructive=True)
async def delete_approval_rule(context: Context, rule_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]) -> Work[RuleList]:
    """Delete a rule. What waits by it goes on waiting."""
    known = memory.of(context.team)

    def work(tx: Transaction) -> RuleList:
        if not queries.delete_rule(tx, rule_id):
            raise NotFound(f"rule_id: there is no rule {rule_id}. list_approval_rules lists them.", code="no_such_rule")
        left = [each for each in known.rules if each.id != rule_id]
        (gone,) = [each for each in known.rules if each.id == rule_id]
        context.emit(tx, RuleDeleted(rule=gone.rule), rule_id)
        tx.on_commit(lambda: known.drop(rule_id))
        return RuleList(left)

    return work


def _add(context: Context, rule: Rule | PermissionRule) -> Work[StoredRule]:
    known, at = memory.of(context.team), context.now()

    def work(tx: Transaction) -> StoredRule:
        rule_id = queries.add_rule(tx, rule.model_dump_json(), context.actor.name, at)
        stored = memory.stored_rule(present(queries.rule(tx, rule_id)))
        context.emit(tx, RuleAdded(rule=rule), rule_id)
        tx.on_commit(lambda: known.add(stored))
        return stored

    return work


# -- what makes sense ------------------------------------------------------------------------------------------------


def check_settings(server: Server) -> None:
    """Make sure that each rule of the settings file is about an operation that there is, and no level is misspelt.

    Raises:
        StartError: it would hold nothing, or nobody could approve.
    """
    settings: ApprovalSettings = server.plugins.settings["approvals"]  # type: ignore[assignment]
    _check_words("permission_approvers", settings.permission_approvers)
    for number, each in enumerate(settings.permission_rules):
        _check_words(f"permission_rules.{number}.who", each.who)
    for number, rule in enumerate(settings.rules):
        try:
            _check_operation(server.registry, rule.operation, rule.arguments)
        except InvalidInput as error:
            raise StartError(f"plugins.approvals.rules.{number}: {error.detail}") from None
        _check_words(f"rules.{number}.who", rule.who)
        _check_words(f"rules.{number}.approvers", rule.approvers)


def _check_words(place: str, words: Iterable[str]) -> None:
    """Refuse a word that is nearly a level or a kind. Members need not be there yet, and may be written ``@name``."""
    known = (*deciders.LEVELS, *KINDS, "observer")
    for word in words:
        near = get_close_matches(plain_text(word), known, n=1, cutoff=NEAR) if word.isalpha() else []
        if near and plain_text(word) not in known:
            raise StartError(
                f"plugins.approvals.{place}: '{word}' is neither an access level nor a kind; did you mean '{near[0]}'? "
                f"A member of that name is '@{word}'."
            )


def _check_operation(registry: Iterable[Operation], pattern: str, arguments: dict[str, str]) -> None:
    """Refuse a rule that is about nothing.

    Raises:
        InvalidInput: no operation fits it, or none that can wait, or none that has these arguments.
    """
    named = [each for each in registry if matches(pattern, each.name)]
    if not named:
        raise InvalidInput.at(
            "operation", f"there is no operation '{pattern}'; give the name of a tool, or a pattern of names"
        )
    fitting = [each for each in named if matching.can_wait(each)]
    if not fitting:
        raise InvalidInput.at(
            "operation", f"'{pattern}' cannot wait: it reads, decides, shows a secret, takes a file or is no tool"
        )
    for name in arguments:
        if not any(name in each.arguments.model_fields for each in fitting):
            raise InvalidInput.at("arguments", f"'{pattern}' has no argument '{name}'")


def _check_who(context: Context, who: list[str]) -> None:
    for word in who:
        if plain_text(word) not in (*deciders.LEVELS, *KINDS, "observer"):
            find_agent(context, word, "who")
