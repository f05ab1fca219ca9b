"""Replies to what told somebody of a notice: they stand beside its line, and settle nothing."""

from __future__ import annotations

from teammcp import Context, Message, Transaction, Work, excerpt, operation

from ...events import NoticeReplied
from .. import shapes, telling_queries
from ..models import LONGEST_REPLY, NoticeId
from .answering import SAYS
from .telling import Noted


@operation(internal=True, profile="projects")
async def note_reply(
    context: Context, message_id: NoticeId, reply_to: NoticeId, author: str, words: str
) -> Work[Noted]:
    """Let a reply stand beside the line that it is about; without words, take it away."""

    def work(tx: Transaction) -> Noted:
        telling, before = telling_queries.of_message(tx, reply_to), telling_queries.reply(tx, message_id)
        if telling is None:  # the project was removed a moment ago
            return Noted(notice=message_id, agents=[])
        number, consumer = telling["notice"], telling["consumer"]
        if not words:
            telling_queries.delete_reply(tx, message_id)
        elif before is None:
            telling_queries.add_reply(tx, message_id, number, consumer, author, words, context.now())
        else:
            telling_queries.set_reply(tx, message_id, words)
        event = NoticeReplied(
            notice=number,
            project=shapes.existing(tx, number)["project"],
            consumer=consumer,
            message_id=message_id,
        )
        context.emit(tx, event, number)
        return Noted(notice=number, agents=[author])

    return work


async def take_reply(context: Context, message: Message) -> None:
    """See whether a message that was just sent or edited is a reply of somebody who was told of a notice."""
    if message.reply_to is None or (message.metadata or {}).get(SAYS) is not None:
        return
    telling = await context.read(telling_queries.of_message, message.reply_to)
    if telling is None or telling["reader"] != message.from_agent:
        return
    words = "" if message.deleted else excerpt(message.content, LONGEST_REPLY)
    await Context.inside(context.team).call(
        note_reply, message_id=message.id, reply_to=message.reply_to, author=message.from_agent, words=words
    )
