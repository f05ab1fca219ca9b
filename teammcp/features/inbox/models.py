"""Public shapes of the inbox, receipts and waiting."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from ...arguments.fields import Timestamp
from ...clock import rfc3339
from ...events import EventKinds
from ...operations import Result
from ...storage import LARGEST_ID
from ...text.untrusted import AnyWords, Author, Words, authors_of_fields, fence, quote
from ..messages import Message, message_line

State = Literal["stored", "handed_over", "offered", "read", "acked", "answered"]
View = Literal["waiting_for_me", "waiting_for_others", "overdue"]


AGAIN = "(again, since it may not have reached you) "


class InboxChannel(Result):
    """What waits in one channel. ``ack_id`` acknowledges what this entry shows, up to that message, and nothing else.

    What is addressed to the caller is shown whole, and of the rest of a summary at least the first line. The last few
    messages, and those that call the caller, may lie behind ``ack_id``: then they come again.
    """

    channel: str
    channel_type: Literal["group", "topic", "dm"]
    channel_name: str
    unread_count: int
    delivery_mode: Literal["messages", "summary"]
    messages: list[Message]
    """The unread messages, oldest first, or in a summary the last few."""
    mentions: list[Message]
    """In a summary: the first unread messages that are addressed to you, oldest first."""
    topic_summary: Words
    """In a summary: the first lines of the others, oldest first, with `` | `` between them."""
    ack_id: int
    more: bool
    """Whether some of what is unread lies behind ``ack_id``."""

    def text(self) -> str:
        return fence(self.lines())

    def lines(self) -> list[str]:
        """The same, to stand in a fence with others."""
        more = ", more behind it" if self.more else ""
        head = f"## {self.channel} — {self.unread_count} unread, ack_id={self.ack_id}{more}"
        lines = [head, *(message_line(message) for message in self.mentions)]
        if self.delivery_mode == "summary":
            lines.append(f"First lines of the rest: {quote(self.topic_summary)}")
        return [*lines, *(message_line(message) for message in self.messages)]


class Inbox(Result):
    """What waits for the caller, as much as is given at once, and what plugins add.

    ``more``: the rest comes when this is acknowledged. The figures are those of the channels that are here.
    """

    agent: Author
    total_unread: int
    channel_count: int
    channels: list[InboxChannel]
    sections: dict[str, AnyWords]
    more: bool = False
    _authors: set[str] = PrivateAttr(default_factory=set)

    def written_by(self, names: set[str]) -> Inbox:
        """The same, with the authors of its sections, which are JSON."""
        self._authors = names
        return self

    def authors(self) -> set[str]:
        """Who wrote a part of it, sections counted in."""
        return authors_of_fields(self) | self._authors

    def text(self) -> str:
        if not self.channels and not self.sections:
            return "(inbox is clear)"
        lines = [line for channel in self.channels for line in channel.lines()]
        lines += [f"## {name}: {quote(_plain(value))}" for name, value in self.sections.items()]
        return f"{fence(lines)}\n(there is more: acknowledge this, then call again)" if self.more else fence(lines)


def _plain(section: Any) -> str:
    return section if isinstance(section, str) else json.dumps(section, ensure_ascii=False)


class AckItem(Result):
    """Acknowledge a channel up to a message."""

    channel: str
    ack_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]


class Acknowledged(Result):
    """What was acknowledged."""

    acknowledged: int
    items: list[AckItem]

    def text(self) -> str:
        return f"Acknowledged {self.acknowledged} channel(s)."


class Recipient(Result):
    """How far a message got with one member.

    Times of members who were not addressed (named, asked to acknowledge, or written to directly) are those of the
    channel's cursor, and so no earlier than the truth.
    """

    agent: Author
    state: State
    handed_over_at: Timestamp | None
    """When it was handed to a reader last. It is offered once the reader has given a sign of having it."""
    handed_over_by: str | None
    offered_at: Timestamp | None
    offered_by: str | None
    read_at: Timestamp | None
    acked_at: Timestamp | None
    answered_at: Timestamp | None
    answer: int | None
    reply_by: Timestamp | None
    """Until when this member is asked to answer."""
    not_reached: Words = ""
    """Why its program was rung in vain, if it was, and the message is not delivered."""
    settled_at: Timestamp | None
    """Since when nothing is waited for any more, be it that somebody said that no answer is needed."""

    def text(self) -> str:
        state = f"{self.state}, not reached ({quote(self.not_reached)})" if self.not_reached else self.state
        if self.reply_by is None or self.settled_at is not None:
            return f"{self.agent}: {state}"
        return f"{self.agent}: {state}, to answer by {rfc3339(self.reply_by)[:16]}Z"


class Receipt(Result):
    """How far a message got with everybody it was sent to."""

    message_id: int
    channel: str
    ack_required: bool
    reply_by: Timestamp | None
    recipients: list[Recipient]

    def text(self) -> str:
        return "\n".join(who.text() for who in self.recipients) or "(nobody to read it)"


class Unanswered(Result):
    """A message without an answer, whose it is to give, and whether the time to give it is over."""

    message: Message
    waiting_for: list[str]
    overdue: bool

    def text(self) -> str:
        return fence([self.line()])

    def line(self) -> str:
        """The same, to stand in a fence with others."""
        late = ", overdue" if self.overdue else ""
        names = ", ".join(self.waiting_for)
        return f"#{self.message.channel_id} {message_line(self.message)}\n  (waiting for {names}{late})"


class UnansweredList(Result):
    """Messages without an answer, newest first. ``next`` is the ``before`` of the following page, null on the last."""

    view: View
    messages: list[Unanswered]
    next: int | None

    def text(self) -> str:
        if not self.messages:
            return "(nothing waits for an answer)"
        text = fence(each.line() for each in self.messages)
        return text if self.next is None else f"{text}\n(more: before={self.next})"


class Settled(Result):
    """For whom a message waits no more; nobody if it did not wait for an answer."""

    message_id: int
    settled_for: list[str]


class SendersTold(Result):
    """Which senders were told, and about whom."""

    recipients: list[str]
    about: list[str]


class Arrived(Result):
    """The messages of which it is known from now on that they have arrived."""

    message_ids: list[int]


class Held(Result):
    """The messages that are the caller's for a while longer."""

    message_ids: list[int]


class Waited(Result):
    """The messages that ended a wait; none if nothing came. ``more`` says that others were left for the next call.

    ``again`` are the ids of those that were handed over before, without a sign that they have arrived.
    """

    messages: list[Message]
    again: list[int] = []
    more: bool

    def text(self) -> str:
        if not self.messages:
            return "(nothing new)"
        text = fence(self.lines())
        return f"{text}\n(there are more: call again)" if self.more else text

    def lines(self) -> list[str]:
        """One for each message, to stand in a fence; what may be known to the reader already is marked."""
        return [
            f"{AGAIN if message.id in self.again else ''}#{message.channel_id} {message_line(message)}"
            for message in self.messages
        ]


class Synced(Result):
    """Events since a cursor, and the cursor for the next call."""

    events: list[dict[str, AnyWords]]
    cursor: int
    _kinds: EventKinds = PrivateAttr(default_factory=EventKinds)

    @classmethod
    def of(cls, events: list[dict[str, Any]], cursor: int, kinds: EventKinds) -> Synced:
        """These events in their public shape, of which ``kinds`` says what their data is."""
        synced = cls(events=events, cursor=cursor)
        synced._kinds = kinds
        return synced

    def authors(self) -> set[str]:
        """Who made the events, and whom their data names."""
        return {name for event in self.events for name in self._kinds.authors(event)}

    def text(self) -> str:
        said = f"(go on with since={self.cursor})"
        return f"{fence(self.lines())}\n{said}" if self.events else f"(nothing) {said}"

    def lines(self) -> list[str]:
        """One line for each: when, what, about whom, by whom, and the words it is about."""
        return [_event_line(event) for event in self.events]


SAYING = ("title", "field", "instruction", "content", "status", "reason")
"""Fields of an event's data that tell a reader most, in the order in which they are told."""


def _event_line(event: dict[str, Any]) -> str:
    data = event["data"]
    about = next((part for part in data.values() if isinstance(part, dict) and "title" in part), data)  # such as a task
    said = ", ".join(str(about[name]) for name in SAYING if about.get(name))
    where = f" in {event['channel']}" if "channel" in event else ""
    by = "" if event["actor"] in {"system", event["subject"]} else f" by {event['actor']}"
    head = f"{event['at'][:19]} {event['kind']} {event['subject']}{where}{by}"
    return f"{head}: {quote(said)}" if said else head
