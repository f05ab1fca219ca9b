"""Messages as the pages show them: grouped by author and day, with what they answer and where the unread begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..operations import Context
from .formatting import day_name, day_of
from .members import kind_of
from .pages import MessageLink
from .panels import Drawn, draw_at_messages

GROUPED_WITHIN = 5 * 60 * 1000
"""Milliseconds within which messages of one author stand under one name."""


class StreamMessage(Protocol):
    """What a stream needs of a message; its template shows the rest."""

    @property
    def id(self) -> int: ...
    @property
    def from_agent(self) -> str: ...
    @property
    def reply_to(self) -> int | None: ...
    @property
    def thread(self) -> int | None: ...
    @property
    def created_at(self) -> int: ...
    @property
    def deleted(self) -> bool: ...


@dataclass(frozen=True)
class Shown:
    """One message in a stream.

    Attributes:
        message: the message.
        kind: its author's: human, agent or service.
        continued: it stands under the name of the message before it.
        day: the heading of the day that begins with it, if one does.
        day_id: the same as a date, for the heading's id.
        new: it is the first unread one.
        answers: the message it answers, unless the one above belongs to the same thread.
        links: what plugins show under it, in a word.
        panels: what they show under it besides.
    """

    message: StreamMessage
    kind: str
    continued: bool = False
    day: str | None = None
    day_id: str = ""
    new: bool = False
    answers: StreamMessage | None = None
    links: Sequence[MessageLink] = ()
    panels: Sequence[Drawn] = ()


async def arrange(
    context: Context,
    messages: Sequence[StreamMessage],
    answered: Mapping[int, StreamMessage],
    *,
    before: StreamMessage | None = None,
    first_unread: int | None = None,
) -> list[Shown]:
    """Messages of one channel, oldest first, as a stream.

    Args:
        context: of the reader.
        messages: what is shown.
        answered: the messages that these answer, by id.
        before: the message above them.
        first_unread: the id of the first message that the reader has not read.
    """
    links, panels = await _links(context, messages), await _panels(context, messages)
    shown = []
    for message in messages:
        new_day = before is None or day_of(before.created_at) != day_of(message.created_at)
        is_new = message.id == first_unread
        shown.append(
            Shown(
                message=message,
                kind=kind_of(context, message.from_agent),
                continued=not (new_day or is_new) and _continues(before, message),
                day=day_name(message.created_at) if new_day else None,
                day_id=day_of(message.created_at).isoformat() if new_day else "",
                new=is_new,
                answers=None if _same_thread(before, message) else answered.get(message.reply_to or 0),
                links=links.get(message.id, ()),
                panels=panels.get(message.id, ()),
            )
        )
        before = message
    return shown


async def alone(context: Context, message: StreamMessage) -> Shown:
    """A message by itself."""
    links, panels = await _links(context, [message]), await _panels(context, [message])
    kind = kind_of(context, message.from_agent)
    return Shown(message, kind, links=links.get(message.id, ()), panels=panels.get(message.id, ()))


def _continues(before: StreamMessage | None, message: StreamMessage) -> bool:
    if before is None or before.from_agent != message.from_agent:
        return False
    if not _same_thread(before, message) and (message.thread or before.thread):
        return False
    return not before.deleted and message.created_at - before.created_at < GROUPED_WITHIN


def _same_thread(before: StreamMessage | None, message: StreamMessage) -> bool:
    return before is not None and message.thread is not None and message.thread in (before.id, before.thread)


async def _panels(context: Context, messages: Sequence[StreamMessage]) -> dict[int, list[Drawn]]:
    return await draw_at_messages(context, {message.id: message for message in messages if not message.deleted})


async def _links(context: Context, messages: Sequence[StreamMessage]) -> dict[int, list[MessageLink]]:
    """What plugins show under messages, by the message's id."""
    plugins = context.server.plugins
    ids = [message.id for message in messages if not message.deleted]
    if not ids or not plugins.handles("message_links"):
        return {}
    found: dict[int, list[MessageLink]] = {}
    for answer in await plugins.ask("message_links", context=context, message_ids=ids):
        for message_id, links in answer.items():
            found.setdefault(message_id, []).extend(links)
    return found
