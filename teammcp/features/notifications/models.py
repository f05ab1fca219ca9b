"""Public shapes of notifications."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, RootModel

from ...arguments.fields import Line, Timestamp
from ...operations import Result
from ...text.untrusted import Author, Words
from .timing import Urgency

Outcome = Literal["handed_over", "accepted", "seen", "failed", "dropped"]
"""How a notification by one notifier ended.

It was ``handed_over``, and nothing more is known; the service has ``accepted`` it; its reader has given a sign of
having ``seen`` it; it has ``failed``, and why is said; or it was ``dropped``: there was nothing to tell any more.
"""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
Language = Literal["en", "zh"]

NotifierName = Annotated[Line, Field(min_length=1, max_length=64)]
KindName = Annotated[Line, Field(min_length=1, max_length=64)]
Address = Annotated[Line, Field(min_length=1, max_length=2000)]
Label = Annotated[Line, Field(max_length=100)]
AgentName = Annotated[Line, Field(min_length=1, max_length=64)]
NotificationId = Annotated[int, Field(ge=1, lt=2**63)]
AddressId = Annotated[int, Field(ge=1, lt=2**63)]


class NotificationAddress(Result):
    """Where a member is notified by a notifier."""

    id: int
    notifier: str
    address: str
    label: str = Field(description="What its member calls it, such as the name of a device; empty if it has none")
    added_at: Timestamp

    def text(self) -> str:
        return f"{self.id}: {self.notifier}, {self.address}"


class NotifierInfo(Result):
    """A way to notify, and how the caller uses it."""

    name: str
    title: str
    several: bool = Field(description="Whether one can have several addresses, which all get everything")
    address_page: str = Field(description="The page on which one gives an address; empty if one can just be given")
    addresses: list[NotificationAddress] = Field(description="The caller's own")
    after_minutes: int = Field(description="How long it waits whether the caller has seen a thing; 0 tells at once")
    urgencies: dict[str, Urgency] = Field(
        description="By kind: what is told at once, in a batch, in a digest, or never"
    )


class NotifierList(RootModel[list[NotifierInfo]]):
    """Every way to notify that is installed."""


class NotificationKindInfo(Result):
    """A kind of what one can be told."""

    name: str
    title: str
    urgency: Urgency = Field(description="What counts until a member says something else")


class NotificationHabits(Result):
    """How the caller wants to be told, whatever the notifier."""

    quiet_hours: str = Field(description='Part of the day in which nothing comes, such as "22:00-07:00"; or empty')
    time_zone: str = Field(description="In which times of the day are meant: the one in the caller's profile")
    batch_minutes: int = Field(description="How long a batch is gathered")
    digest_at: str = Field(description='When the daily digest comes, such as "09:00"')
    language: Language
    kinds: list[NotificationKindInfo]


class RemovedAddress(Result):
    """An address that is used no more."""

    notifier: str
    address_id: int


class DeliveryInfo(Result):
    """What became of a notification by one notifier. ``error`` is for whom it is for alone."""

    id: int
    notifier: str
    urgency: Urgency
    attempts: int
    next_attempt_at: Timestamp | None
    outcome: Outcome | None = Field(description="null while it waits")
    error: str | None
    sent_at: Timestamp | None = Field(description="When it was handed over")
    seen_at: Timestamp | None
    settled_at: Timestamp | None


class NotificationInfo(Result):
    """Something that a member is told outside of TeamMCP, and what became of it by each notifier."""

    id: int
    agent: Author
    kind: str
    content: Words = Field(description="A line of the server; empty where a message tells of it")
    path: str
    message_id: int | None
    channel: str
    sender: Author | None
    created_at: Timestamp
    over: str | None = Field(description="Why nobody needs to be told any more, such as: it was read")
    deliveries: list[DeliveryInfo]

    def text(self) -> str:
        ways = ", ".join(f"{each.notifier} {each.outcome or 'waits'}" for each in self.deliveries)
        about = f"message {self.message_id}" if self.message_id else self.content
        return f"{self.id}: {self.kind}, {about}, to {self.agent}: {ways or 'by no notifier'}"


class NotificationList(RootModel[list[NotificationInfo]]):
    """Notifications, newest first."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(each.text() for each in self.root) or "No notifications."
