"""Public shapes of notifications."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, RootModel

from ...arguments.fields import Line, Timestamp
from ...operations import Result

Reason = Literal["ack", "dm", "mention"]
"""Why one is notified: an acknowledgement or an answer is asked for, the message is direct, or it names one."""
REASONS: tuple[Reason, ...] = get_args(Reason)
Outcome = Literal["delivered", "failed", "given_up"]

NotifierName = Annotated[Line, Field(min_length=1, max_length=64)]
Address = Annotated[Line, Field(min_length=1, max_length=500)]
Reasons = Annotated[list[Reason], Field(min_length=1, max_length=len(REASONS))]
NotificationId = Annotated[int, Field(ge=1, lt=2**63)]


class NotificationAddress(Result):
    """Where a member is notified, and of what."""

    notifier: str
    address: str
    reasons: list[Reason]

    def text(self) -> str:
        return f"{self.notifier}: {self.address} ({', '.join(self.reasons)})"


class NotifierInfo(Result):
    """A way to notify, and how the caller uses it."""

    name: str
    title: str
    address: str | None = Field(description="The caller's own; null if it does not use this one")
    reasons: list[Reason]


class NotifierList(RootModel[list[NotifierInfo]]):
    """Every way to notify that is installed."""


class RemovedAddress(Result):
    """An address that is used no more."""

    notifier: str


class NotificationInfo(Result):
    """What became of a notification. ``error`` is for whom it is for alone."""

    id: int
    agent: str
    notifier: str
    reason: Reason
    message_id: int
    channel: str
    sender: str
    created_at: Timestamp
    attempts: int
    next_attempt_at: Timestamp | None
    outcome: Outcome | None = Field(description="null while it waits")
    error: str | None
    settled_at: Timestamp | None

    def text(self) -> str:
        return f"{self.id}: message {self.message_id} to {self.agent} by {self.notifier}: {self.outcome or 'waits'}"


class NotificationList(RootModel[list[NotificationInfo]]):
    """Notifications, newest first."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(each.text() for each in self.root) or "No notifications."
