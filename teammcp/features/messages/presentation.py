"""Messages as the pages show them: grouped by author and day, with what they answer and where the unread begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...operations import Context
from ...web import MessageLink
from ...web.formatting import day_name, day_of
from .models import Message
from .shapes import messages_by_id

GROUPED_WITHIN = 5 * 60 * 1000
"""Milliseconds within which messages of one author stand under one name."""


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
        links: what plugins show under it.
    """

    message: Message
    kind: str
    continued: bool = False
    day: str | None = None
    day_id: str = ""
    new: bool = False
    answers: Message | None = None
    links: Sequence[MessageLink] = ()


async def arrange(
    context: Context, messages: Sequence[Message], *, before: Message | None = None, first_unread: int | None = None
) -> list[Shown]:
    """Messages of one channel, oldest first, as a stream. ``before`` is the one above them."""
    parents = await _parents(context, messages)
    links = await _links(context, messages)
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
                answers=None if _same_thread(before, message) else parents.get(message.reply_to or 0),
                links=links.get(message.id, ()),
            )
        )
        before = message
    return shown


async def alone(context: Context, message: Message) -> Shown:
    """A message by itself."""
    links = await _links(context, [message])
    return Shown(message, kind_of(context, message.from_agent), links=links.get(message.id, ()))


def kind_of(context: Context, name: str) -> str:
    """Whether an author is a person; ``service`` for the system itself."""
    agent = context.team.directory.agent(name)
    return "service" if agent is None else agent.kind


def _continues(before: Message | None, message: Message) -> bool:
    if before is None or before.from_agent != message.from_agent:
        return False
    if not _same_thread(before, message) and (message.thread or before.thread):
        return False
    return not before.deleted and message.created_at - before.created_at < GROUPED_WITHIN


def _same_thread(before: Message | None, message: Message) -> bool:
    return before is not None and message.thread is not None and message.thread in (before.id, before.thread)


async def _links(context: Context, messages: Sequence[Message]) -> dict[int, list[MessageLink]]:
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


async def _parents(context: Context, messages: Sequence[Message]) -> dict[int, Message]:
    """The messages that others answer. An answer is always in the channel of what it answers, so all may be read."""
    wanted = sorted({message.reply_to for message in messages if message.reply_to is not None})
    found = await context.read(messages_by_id, wanted) if wanted else []
    return {message.id: message for message in found}
