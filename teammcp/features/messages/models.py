"""Public shapes of messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from ...arguments.fields import Metadata, NotBlank, Text, Timestamp
from ...arguments.times import read_time, zone_of_writer
from ...clock import rfc3339
from ...operations import Result
from ...storage import LARGEST_ID
from ...text.untrusted import AnyWords, Author, Words, fence, quote
from ..files import FileRef
from ..parts import PartsTold, parts_text

MAX_CONTENT = 10_000
EMOJI = ("👍", "👎", "❤️", "😄", "🎉", "👀", "🤔", "✅")

SenderKind = Literal["human", "agent", "service"]
Priority = Literal["now", "next", "later"]

_BY_LOOK = {emoji.replace("\ufe0f", ""): emoji for emoji in EMOJI}


def _emoji(value: Any) -> Any:
    """The form that is kept of an emoji: programs write ``❤`` with or without the selector that makes it one."""
    return _BY_LOOK.get(value.replace("\ufe0f", ""), value) if isinstance(value, str) else value


Emoji = Annotated[Literal["👍", "👎", "❤️", "😄", "🎉", "👀", "🤔", "✅"], BeforeValidator(_emoji)]

MessageId = Annotated[int, Field(ge=1, le=LARGEST_ID)]

MOST_MINUTES = 366 * 24 * 60


def _reply_by(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and not value.isdecimal():
        return read_time(value, zone_of_writer(info.context), "end")
    minutes = int(value) if isinstance(value, str) else value
    if type(minutes) is not int or not 1 <= minutes <= MOST_MINUTES:
        raise ValueError(f"must be a time (RFC 3339), or 1 to {MOST_MINUTES} minutes from now")
    return timedelta(minutes=minutes)


ReplyBy = Annotated[
    timedelta | int,
    BeforeValidator(_reply_by),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES},
                {"type": "string", "format": "date-time"},
            ],
            "description": "Ask for an answer: within so many minutes, or by a time",
        }
    ),
]
"""Until when an answer is asked for: minutes from now, or RFC 3339. Inside: a span, or UTC milliseconds."""


Content = Annotated[Text, Field(min_length=1, max_length=MAX_CONTENT), NotBlank]


class Draft(BaseModel):
    """A message that is about to be stored, as ``before_message`` sees and may change it."""

    channel: str
    sender: str
    content: Content
    mentions: list[str]
    reply_to: int | None
    metadata: Metadata | None
    priority: Priority
    ack_required: bool
    reply_by: Timestamp | None = None
    files: list[int]
    parts: list[dict[str, Any]] = []
    """Its typed parts as the sender gives them, each with its kind; those of a new message only."""
    edited: int | None = None
    """The message that is to say this instead; None for a new one."""


class Reaction(Result):
    """Who reacted with one emoji, in order."""

    emoji: Emoji
    agents: list[str]


class Message(Result):
    """One message. A deleted one has no content any more."""

    id: int
    channel_id: str
    from_agent: str
    from_kind: SenderKind
    content: Words
    mentions: list[str]
    reply_to: int | None
    thread: int | None
    """The message that began the thread this one is in."""
    replies: int = 0
    """How many messages are in the thread that this one began."""
    metadata: dict[str, AnyWords] | None
    priority: Priority
    ack_required: bool
    reply_by: Timestamp | None = None
    """Until when those it is addressed to are asked to answer."""
    created_at: Timestamp
    edited_at: Timestamp | None
    deleted: bool
    pinned: bool = False
    reactions: list[Reaction] = []
    files: list[FileRef] = []
    parts: PartsTold = []
    """What is told of its typed parts, such as diffs; get_part reads one whole."""

    def text(self) -> str:
        return fence([message_line(self)], f"#{self.channel_id}")


class Absent(Result):
    """Somebody whom a message is addressed to, and who is not here to get it now. ``reason``: why, as far as known."""

    agent: Author
    status: Literal["away", "dead"]
    reason: Words

    def text(self) -> str:
        return f"{self.agent} ({self.status}: {quote(self.reason)})"


class SentMessage(Result):
    """What became of a message that was sent."""

    id: int
    channel: str
    timestamp: Timestamp
    priority: Priority
    priority_downgraded: bool | None = None
    original_priority: Priority | None = None
    reply_by: Timestamp | None = None
    """Until when an answer is asked for."""
    not_members: list[str] = []
    """Who was mentioned without being a member of the channel, and so does not get the message in the inbox."""
    added_members: list[str] = []
    """Who was made a member because of a mention."""
    retired: list[str] = []
    """Who was mentioned but is no longer there to read it."""
    not_here: list[Absent] = []
    """Who of those named, or of a direct message, is away or dead now: it waits in the inbox until they come."""

    def text(self) -> str:
        return " ".join([f"Sent to {self.channel} (id: {self.id}).", *self.remarks()])

    def remarks(self) -> Iterator[str]:
        """What the sender may not have expected, a sentence each."""
        if self.priority_downgraded:
            yield "Priority 'now' is for managers and owners: sent as 'next'."
        if self.reply_by:
            yield f"An answer is asked for by {rfc3339(self.reply_by)[:16]}Z."
        if self.not_here:
            names = ", ".join(each.text() for each in self.not_here)
            yield f"Not here now, so it waits in the inbox: {names}."
        yield from _reach(self, "Send again")


def _reach(done: SentMessage | EditedMessage, again: str) -> Iterator[str]:
    """Whom a message newly reaches, and whom it does not although they are named."""
    if done.added_members:
        yield f"Added to the channel: {', '.join(done.added_members)}."
    if done.retired:
        yield f"Retired, so not reached: {', '.join(done.retired)}."
    if done.not_members:
        names = ", ".join(done.not_members)
        yield f"Not members, so not notified: {names}. {again} with auto_add_mentions, or write a DM."


class History(Result):
    """Messages of a channel, oldest first. Page on with ``before`` = first id or ``after`` = last id."""

    messages: list[Message]
    hasMore: bool  # noqa: N815 - the established REST field

    def text(self) -> str:
        if not self.messages:
            return "(no messages)"
        text = fence(map(message_line, self.messages), f"#{self.messages[0].channel_id}")
        return f"{text}\n(there are more)" if self.hasMore else text


class Thread(Result):
    """A message and everything that was said under it, oldest first."""

    root: Message
    replies: list[Message]
    hasMore: bool  # noqa: N815

    def text(self) -> str:
        text = fence(map(message_line, [self.root, *self.replies]), f"#{self.root.channel_id}")
        return f"{text}\n(there are more: after={self.replies[-1].id})" if self.hasMore and self.replies else text


Names = Annotated[list[str], Field(exclude_if=lambda names: not names)]


class EditedMessage(Result):
    """A message after an edit."""

    id: int
    content: str
    edited_at: Timestamp
    not_members: Names = []
    """As in the answer to sending it: who is named, but not reached, or newly made a member."""
    added_members: Names = []
    retired: Names = []

    def text(self) -> str:
        return " ".join([f"Edited (id: {self.id}).", *_reach(self, "Edit it again")])


class FileLost(Result):
    """A file is about to be deleted; these messages carried no other."""

    file_id: int
    messages: list[int]


class DeletedMessage(Result):
    """A message that is no more."""

    id: int
    deleted: Literal[True] = True


class Edit(Result):
    """A former content of a message, and when it was replaced."""

    content: Words
    replaced_at: Timestamp


class EditHistory(Result):
    """What a message said before its edits, oldest first."""

    id: int
    edits: list[Edit]


class ReactionChange(Result):
    """What became of a reaction; ``changed`` is false if it was so already."""

    message_id: int
    emoji: Emoji
    agent: Author
    changed: bool


class PinChange(Result):
    """What became of a pin."""

    message_id: int
    pinned: bool


class Pin(Result):
    """A pinned message."""

    message_id: int
    channel_id: str
    pinned_by: str
    pinned_at: Timestamp
    from_agent: str
    from_kind: SenderKind
    content: Words
    created_at: Timestamp


class Pins(Result):
    """A channel's pinned messages, newest pin first. ``next`` is the ``before`` of the following page, or null."""

    pins: list[Pin]
    next: int | None = None

    def text(self) -> str:
        if not self.pins:
            return "(no pins)"
        lines = [
            f"[{pin.message_id}] {rfc3339(pin.created_at)[:16]} {pin.from_agent} ({pin.from_kind}): "
            f"{quote(pin.content)}"
            for pin in self.pins
        ]
        text = fence(lines, f"#{self.pins[0].channel_id}")
        return text if self.next is None else f"{text}\n(more: before={self.next})"


class Found(Result):
    """A message that a search found. ``highlights`` are start and end of what matched, in ``snippet``."""

    id: int
    channel_id: str
    from_agent: str
    from_kind: SenderKind
    created_at: Timestamp
    snippet: Words
    highlights: list[tuple[int, int]]


class SearchResults(Result):
    """What a search found. ``next`` is the cursor of the following page, null on the last."""

    query: str
    results: list[Found]
    next: str | None

    def text(self) -> str:
        if not self.results:
            return f"Nothing found for: {quote(self.query)}"
        lines = [
            f"[{item.id}] {rfc3339(item.created_at)[:16]} #{item.channel_id} {item.from_agent} ({item.from_kind}): "
            f"{quote(item.snippet)}"
            for item in self.results
        ]
        text = fence(lines)
        return f"{text}\n(more: cursor={self.next})" if self.next else text


def message_line(message: Message) -> str:
    """One message for a model, to stand in a fence: id, time and sender outside of what the sender wrote."""
    when = rfc3339(message.created_at)[:16]
    mark = " (edited)" if message.edited_at else ""
    mark += " (acknowledge this)" if message.ack_required else ""
    mark += f" (answer by {rfc3339(message.reply_by)[:16]}Z)" if message.reply_by else ""
    reply = f" ↳{message.reply_to}" if message.reply_to else ""
    body = "(deleted)" if message.deleted else quote(message.content)
    files = "".join(f" [file {file.file_id}: {quote(file.file_name)}]" for file in message.files)
    parts = parts_text(message.id, message.parts)
    return f"[{message.id}] {when} {message.from_agent} ({message.from_kind}){reply}{mark}: {body}{files}{parts}"
