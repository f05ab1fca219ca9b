"""Answers: what a message that was sent answers, and what is unanswered again when it is deleted.

In a direct message every later message of the other side is an answer; elsewhere it is a message in the same thread.
"""

from __future__ import annotations

from ...members.directory import Channel
from ...storage import Transaction
from .. import deliveries
from . import queries


def note_answers(tx: Transaction, channel: Channel, sender: str, thread: int | None, message_id: int, at: int) -> None:
    """Settle what a new message of ``sender`` answers."""
    if channel.is_dm:
        deliveries.answer_channel(tx, sender, channel.id, message_id, at)
    elif thread is not None:
        deliveries.answer_thread(tx, sender, channel.id, thread, message_id, at)


def take_back_answers(tx: Transaction, channel: Channel, message_id: int) -> None:
    """A message was deleted: what it answered is answered by the next one that does, or waits again."""
    for row in deliveries.answered_by(tx, message_id):
        if channel.is_dm:
            found = queries.next_in_channel(tx, row["agent"], channel.id, row["message_id"])
        else:
            found = queries.next_in_thread(tx, row["agent"], row["thread"], row["message_id"])
        answer, at = (None, None) if found is None else (found["id"], found["created_at"])
        deliveries.set_answer(tx, row["agent"], row["message_id"], answer, at)
