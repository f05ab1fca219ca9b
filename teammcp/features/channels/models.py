"""Public shapes of channels."""

from __future__ import annotations

from typing import Literal

from pydantic import RootModel

from ...arguments.fields import Timestamp
from ...operations import Result
from ...text.untrusted import Author, Words, quote

Kind = Literal["group", "topic", "dm"]


class ChannelInfo(Result):
    """A channel as one member sees it. ``unread`` and ``mentions`` count what this member has not acknowledged."""

    id: str
    type: Kind
    name: Words
    description: Words
    created_by: Author
    created_at: Timestamp
    archived: bool
    member: bool
    unread: int
    mentions: int
    last_message_at: Timestamp | None

    @property
    def waiting(self) -> int:
        """How much of what is unread is addressed to this member."""
        return self.unread if self.type == "dm" else self.mentions

    def text(self) -> str:
        waiting = f" ({self.unread} unread)" if self.unread else ""
        about = f": {quote(self.description)}" if self.description else ""
        return f"#{self.id} [{self.type}]{waiting}{about}"


class ChannelList(RootModel[list[ChannelInfo]]):
    """Channels, direct messages last."""

    def text(self) -> str:
        """One line a channel."""
        return "\n".join(channel.text() for channel in self.root)


class ChannelMembers(Result):
    """Who is in a channel, by name."""

    channel: str
    members: list[str]


class MemberChange(Result):
    """What became of a membership; ``changed`` is false if it was so already."""

    ok: bool = True
    channel: str
    agent: Author
    changed: bool
