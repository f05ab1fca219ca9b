"""Public shapes of directives."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from ....arguments.fields import Priority, Text, Timestamp
from ....clock import rfc3339
from ....operations import Result
from ....storage import LARGEST_ID
from ....text.untrusted import AnyWords, Author, Words, fence, quote
from ...messages import Content

Status = Literal["pending", "running", "done", "failed", "cancelled", "expired"]
STATUSES: tuple[Status, ...] = ("pending", "running", "done", "failed", "cancelled", "expired")
OPEN = STATUSES[:2]
Wanted = Literal["open", "all", "pending", "running", "done", "failed", "cancelled", "expired"]
Role = Literal["received", "sent", "all"]
Reason = Literal["not_yours", "stale_token", "done", "failed", "cancelled", "expired"]
"""Why something was not done; the last four are what has become of the directive."""

DirectiveId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Instruction = Annotated[Content, Field(max_length=8000)]
ResultText = Annotated[Text, Field(max_length=20_000)]
ExpiresIn = Annotated[int, Field(ge=1, le=30 * 86_400)]


class Directive(Result):
    """An instruction from one member, its issuer, to another, its worker."""

    id: int
    issuer: Author
    worker: Author
    instruction: Words
    payload: dict[str, AnyWords] | None
    priority: Priority
    status: Status
    result: Words = Field(description="What came of it, or why it ended")
    message_id: int = Field(description="The direct message that brought it; replyTo this to talk about it")
    attempts: int
    max_attempts: int
    lease_seconds: int
    lease_expires_at: Timestamp | None = Field(
        description="While it runs: when it is taken back without a sign of life"
    )
    expires_at: Timestamp | None = Field(description="When it lapses unless it was begun")
    created_at: Timestamp
    started_at: Timestamp | None
    closed_at: Timestamp | None
    closed_by: Author | None

    def text(self) -> str:
        return fence(self.lines())

    def lines(self) -> list[str]:
        """The same, to stand in a fence with others."""
        expires = "" if self.expires_at is None or self.status != "pending" else f", expires {rfc3339(self.expires_at)}"
        who = f"{self.issuer} -> {self.worker}, {rfc3339(self.created_at)[:16]}"
        head = f"directive {self.id} [{self.status}, {self.priority}{expires}] {who}"
        lines = [f"{head}: {quote(self.instruction)}"]
        if self.payload is not None:
            lines.append(f"  payload: {quote(json.dumps(self.payload, ensure_ascii=False))}")
        if self.result:
            lines.append(f"  result: {quote(self.result)}")
        return lines


class DirectiveResult(Result):
    """One directive."""

    directive: Directive

    def text(self) -> str:
        return self.directive.text()


class WaitedDirective(DirectiveResult):
    """A directive after a wait. ``final``: it has ended, and its result is there."""

    final: bool

    def text(self) -> str:
        return self.directive.text() if self.final else f"(not ended yet)\n{self.directive.text()}"


class DirectiveList(Result):
    """Directives: those that wait for the caller by priority, any others newest first. ``next``: ``cursor`` of more."""

    directives: list[Directive]
    next: int | None

    def text(self) -> str:
        if not self.directives:
            return "(no directives)"
        text = fence(line for directive in self.directives for line in directive.lines())
        return text if self.next is None else f"{text}\n(more: cursor={self.next})"


class Taken(Result):
    """What came of a claim. ``fencing_token`` is to be given with the report."""

    ok: bool
    directive_id: int
    reason: Reason | None = None
    status: Status
    fencing_token: int | None = None
    lease_expires_at: Timestamp | None = None
    directive: Directive | None = None

    def text(self) -> str:
        if self.directive is None:
            return f"Not claimed, reason: {self.reason}. Directive {self.directive_id} is {self.status}."
        return f"Claimed, fencing_token={self.fencing_token}.\n{self.directive.text()}"


class Settled(Result):
    """What came of a report or cancellation; if not ``ok``, ``reason`` says why nothing was changed."""

    ok: bool
    directive_id: int
    reason: Reason | None = None
    status: Status
    attempts: int | None = None
