"""The core's own kinds: messages that want an answer, are written to a member directly, or name it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from ...events import Event
from ...members.directory import SYSTEM, is_dm
from ...operations import Context
from ...storage import Reader
from ...text.marking import mark, mark_many
from ..messages import message_row
from .kinds import NotificationKind, Occasion


class MessageKind(NotificationKind):
    """Messages of some kind, told to those to whom they are addressed. One of priority 'later' calls nobody."""

    events: Collection[str] = ("message.sent", "message.edited")

    def concerns(self, event: Event, agent: str) -> bool:
        """Whether a message is of this kind for a member to whom it is addressed."""
        raise NotImplementedError

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        """Those to whom the message is addressed, and whom it concerns."""
        if event.kind == "message.sent" and event.data["priority"] == "later":
            return
        number = int(event.subject)
        for agent in event.data["addressed"]:
            if self.concerns(event, agent):
                yield Occasion(agent, path=f"/messages/{number}", message_id=number)


class Acknowledgements(MessageKind):
    """Messages that want an acknowledgement, or an answer by a time."""

    name = "ack"
    title = mark("messages that want an answer or an acknowledgement")
    many = mark_many("%(num)s message wants an answer", "%(num)s messages want an answer")

    def concerns(self, event: Event, agent: str) -> bool:
        return event.data["ack_required"] or event.data["reply_by"] is not None


class DirectMessages(MessageKind):
    """Messages written to a member directly."""

    name = "dm"
    title = mark("direct messages")
    many = mark_many("%(num)s direct message", "%(num)s direct messages")

    def concerns(self, event: Event, agent: str) -> bool:
        return is_dm(str(event.channel))


class Mentions(MessageKind):
    """Messages that name a member."""

    name = "mention"
    title = mark("messages that name you")
    many = mark_many("%(num)s message names you", "%(num)s messages name you")

    def concerns(self, event: Event, agent: str) -> bool:
        return not {agent, "all"}.isdisjoint(event.data["mentions"])


class Replies(MessageKind):
    """Messages that answer one of a member's and name nobody, whose priority is 'later' therefore."""

    name = "reply"
    title = mark("replies to your messages")
    many = mark_many("%(num)s reply to your messages", "%(num)s replies to your messages")
    urgency = "batch"
    events = ("message.sent",)

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        answered = event.data["reply_to"] and message_row(reader, event.data["reply_to"])
        if answered and answered["sender"] != event.actor:
            yield Occasion(answered["sender"], path=f"/messages/{event.subject}", message_id=int(event.subject))


class ServerNoteKind(MessageKind):
    """What the server itself writes to members about something; told as what it is, not as a direct message.

    Attributes:
        about: the key in the metadata of the message that holds what it is about, such as ``task_id``.
        occasion: what ``occasion`` in its metadata says; None if that does not matter.
        replaces: whether a newer one about the same thing takes the place of one that waits.
        page: the page that shows how it stands, with ``{}`` for what it is about; empty for the message itself.
    """

    about: str
    occasion: str | None = None
    replaces: bool = False
    page: str = ""

    def concerns(self, event: Event, agent: str) -> bool:
        metadata = event.data["metadata"] or {}
        return (
            event.actor == SYSTEM.name
            and self.about in metadata
            and (self.occasion is None or metadata.get("occasion") == self.occasion)
        )

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        for each in super().occasions(context, reader, event):
            about = event.data["metadata"][self.about]
            key = f"{self.about} {about}" if self.replaces else ""
            yield replace(each, key=key, path=self.page.format(about) if self.page else each.path)

    def number(self, occasion: Occasion) -> int:
        """The number of what it is about, of a kind in which a newer one takes the place of one that waits."""
        return int(occasion.key.removeprefix(self.about))


KINDS = (Acknowledgements(), DirectMessages(), Mentions(), Replies())
"""In the order in which they are asked."""
