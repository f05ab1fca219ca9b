"""Which messages the actor may see."""

from __future__ import annotations

from ...errors import Gone, NotFound
from ...members.directory import Channel
from ...operations import Context
from ...storage import Row, Transaction
from ..channels import may_read
from . import queries


async def visible(context: Context, message_id: int) -> tuple[Row, Channel]:
    """A message the actor may read, and its channel.

    Raises:
        NotFound: there is none, or it is not the actor's to know of.
    """
    row = await context.read(queries.message, message_id)
    channel = None if row is None else context.team.directory.channels[row["channel_id"]]
    if row is None or channel is None or not may_read(context, channel):
        raise NotFound(f"There is no message {message_id} that you may read.", code="message_not_found")
    return row, channel


async def living(context: Context, message_id: int) -> tuple[Row, Channel]:
    """A message the actor may read that was not deleted, and its channel.

    Raises:
        NotFound: as `visible`. Gone: it was deleted.
    """
    row, channel = await visible(context, message_id)
    if row["deleted"]:
        raise Gone(f"Message {message_id} was deleted.", code="message_deleted")
    return row, channel


def still_there(tx: Transaction, message_id: int) -> Row:
    """The row of a message that was not deleted since it was looked up.

    Raises:
        Gone: it was.
    """
    row = queries.message(tx, message_id)
    if row is None or row["deleted"]:
        raise Gone(f"Message {message_id} was deleted.", code="message_deleted")
    return row
