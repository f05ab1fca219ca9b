"""Public shapes of approvals."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, RootModel

from teammcp import (
    LARGEST_ID,
    AnyWords,
    Author,
    Line,
    MemberRef,
    NotBlank,
    Result,
    Text,
    Timestamp,
    Words,
    excerpt,
    quote,
)

from .settings import PermissionRule, Rule

SHORT = 200
TITLE = 200
"""Characters of an approval's title."""
WHOLE = 2**63

Kind = Literal["state", "operation", "request", "permission"]
Status = Literal["pending", "needs_confirmation", "approved", "rejected", "cancelled", "expired", "failed"]
ApprovalId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Comment = Annotated[Text, Field(max_length=2000)]
Title = Annotated[Line, Field(min_length=1, max_length=TITLE), NotBlank]
Details = Annotated[Text, Field(max_length=10_000)]
IF_THERE = Field(exclude_if=lambda value: value is None)
"""Left out of an answer to programs that take null for a mistake."""
Name = Annotated[MemberRef, Field(min_length=1, max_length=65)]


def short(value: Any, length: int = SHORT) -> str:
    """A value as JSON in at most ``length`` characters."""
    return excerpt(json.dumps(value, ensure_ascii=False), length)


class Pending(Result):
    """What the caller is told whose call waits."""

    pending_approval: bool = True
    approval_id: int
    approver: str
    """Who has to agree, in words."""
    reason: str
    expires_at: Timestamp


class Decision(Result):
    """One word spoken. ``on_behalf_of`` is whose word it was, if it was given to somebody else."""

    agent: Author
    approved: bool
    comment: Words
    at: Timestamp
    on_behalf_of: str | None


class Approval(Result):
    """A question that somebody has to agree to, and what became of it."""

    approval_id: int
    kind: Kind
    title: Words
    details: Words
    operation: str | None
    arguments: dict[str, AnyWords]
    cut: bool = False
    """Whether long texts of the arguments are cut here; get_approval has all of them: read them before you decide."""
    proposed_by: Author
    reason: Words
    why: Words
    """Why it has to wait."""
    project_id: str | None
    field: str | None
    base_version: int | None
    """The version of the field for which it was proposed, last confirmed."""
    proposed_value: AnyWords = None
    old_value: AnyWords = None
    """The field's value at that version."""
    approvers: list[str]
    owner: str
    """The approvers in words."""
    quorum: int
    status: Status
    created_at: Timestamp
    expires_at: Timestamp
    closed_at: Timestamp | None
    closed_by: Author | None
    decisions: list[Decision]
    result: AnyWords = None
    error: Words
    may_decide: bool
    """Whether it waits for you."""

    def text(self) -> str:
        """All of it: nobody is to decide on what is cut."""
        return self.line(WHOLE)

    def line(self, length: int = SHORT) -> str:
        """What it is about, each value in at most so many characters."""
        what = quote(self.title)
        if self.kind == "state" and self.operation == "set_state":
            what += f" = {quote(short(self.proposed_value, length))} (now {quote(short(self.old_value, length))})"
        elif self.arguments:
            what += f" {quote(short(self.arguments, length))}"
        if self.details and length > SHORT:
            what += f": {quote(self.details)}"
        reason = f" because: {quote(self.reason)}" if self.reason else ""
        said = "; ".join(f"{each.agent} {'approved' if each.approved else 'rejected'}" for each in self.decisions)
        more = "".join(f" · {part}" for part in (said, quote(self.error)) if part)
        return f"{self.approval_id} [{self.status}] {self.proposed_by} asks {self.owner}: {what}{reason}{more}"


class ApprovalList(RootModel[list[Approval]]):
    """Approvals. Of a page of all of them the last one's id is the ``before`` of the next page."""

    _more: str = PrivateAttr(default="")

    @classmethod
    def page(cls, approvals: list[Approval], more: str) -> ApprovalList:
        """Some of them; ``more``, if there are others, says in the text how to go on."""
        made = cls(approvals)
        made._more = more
        return made

    def text(self) -> str:
        """One line each."""
        more = [f"(more: {self._more})"] if self._more else []
        return "\n".join([*(each.line() for each in self.root), *more]) or "no approvals"


class Resolved(Result):
    """What became of a question. Of a state field that was set, ``version`` is its new version."""

    success: bool
    approval_id: int
    approval_status: Status
    approvals: int
    """How many have approved so far …"""
    quorum: int
    """… of how many that are needed."""
    project_id: str | None = None
    field: str | None = None
    version: int | None = None
    result: AnyWords = None
    error: Words = ""

    def text(self) -> str:
        counted = f" ({self.approvals} of {self.quorum})" if self.approval_status == "pending" else ""
        done = "" if self.result is None else f": {quote(short(self.result))}"
        failed = f": {quote(self.error)}" if self.error else ""
        return f"approval {self.approval_id} is {self.approval_status}{counted}{done}{failed}"


class Asked(Result):
    """A question was asked."""

    approval_id: int
    approver: str
    expires_at: Timestamp
    status: Status = "pending"

    def text(self) -> str:
        return f"approval {self.approval_id} waits for {self.approver}"


class Delegated(Result):
    """Whose word now counts as yours: for one question, or for all until a time. None: nobody's."""

    delegate: str | None
    approval_id: int | None = None
    until: Timestamp | None = None


class StoredRule(Result):
    """A rule and where it comes from; only those made on the page or by add_approval_rule have an id."""

    id: int | None
    rule: Rule | PermissionRule
    created_by: Author | None
    created_at: Timestamp | None

    def text(self) -> str:
        rule = self.rule
        if isinstance(rule, PermissionRule):
            return f"{self.id or 'settings'}: {rule.decision} tool {rule.tool} {quote(short(rule.input))}"
        given = quote(short(rule.arguments))
        return f"{self.id or 'settings'}: {rule.operation} {given} waits for {', '.join(rule.approvers)}"


class RuleList(RootModel[list[StoredRule]]):
    """All rules, in the order in which they are looked at."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(each.text() for each in self.root) or "no rules"


class PermissionDecision(Result):
    """Whether a tool may run, in the words of permission prompts."""

    behavior: Literal["allow", "deny"]
    message: Annotated[str | None, IF_THERE] = None
    updatedInput: Annotated[dict[str, Any] | None, IF_THERE] = None  # noqa: N815
    """The input with which it may run: as it was asked."""

    def text(self) -> str:
        """JSON, as the programs that ask read it: they look at the text alone."""
        return self.model_dump_json()


class PermissionCheck(Result):
    """What the rules say about a tool, or that a person is asked now."""

    decision: Literal["allow", "deny", "ask"]
    approval_id: int
    message: str


class HookDecision(Result):
    """The decision of a ``PermissionRequest`` hook."""

    behavior: Literal["allow", "deny"]
    message: Annotated[str | None, IF_THERE] = None


class HookOutput(Result):
    """What a ``PermissionRequest`` hook says."""

    hookEventName: Literal["PermissionRequest"] = "PermissionRequest"  # noqa: N815
    decision: HookDecision


class HookAnswer(Result):
    """The answer to a ``PermissionRequest`` hook."""

    hookSpecificOutput: HookOutput  # noqa: N815
