"""The inbox: what waits, and acknowledging it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....errors import Forbidden, InvalidInput
from ....operations import Context, operation
from ....storage import Reader, Transaction, Work
from ... import deliveries
from ...channels import readable_channel
from ...messages import seq_of
from ..events import InboxAcked
from ..models import AckItem, Acknowledged, Inbox, InboxChannel
from ..overview import SECTIONS, fitting_sections, show


@operation("GET /api/inbox", access="observer", profile="inbox", everyday=True, idempotent=True, holds=True)
async def get_inbox(
    context: Context,
    detail_limit: Annotated[int, Field(ge=1, le=50)] = 10,
    summary_threshold: Annotated[int, Field(ge=1, le=200)] = 20,
) -> Work[Inbox]:
    """See what is new for you in all your channels; then acknowledge what is done with: ack_inbox, each ack_id."""
    me = context.actor.name
    found = await context.server.plugins.ask("inbox_section", context=context)

    def work(tx: Transaction) -> Inbox:
        budget = context.budget()
        sections = fitting_sections(found, budget.part(SECTIONS))
        more = sections.more
        channels: list[InboxChannel] = []
        for row in deliveries.behind(tx, me):
            entry = show(context, tx, row, detail_limit, summary_threshold, budget)
            if entry is not None and not entry.ack_id:
                more = True
                break
            if entry is not None:
                channels.append(entry)
        return Inbox(
            agent=me,
            total_unread=sum(channel.unread_count for channel in channels),
            channel_count=len(channels),
            channels=channels,
            sections=sections.values,
            more=more or any(channel.more for channel in channels),
        ).written_by(sections.authors)

    return work


@operation("POST /api/inbox/ack", access="observer", profile="inbox", everyday=True, idempotent=True)
async def ack_inbox(
    context: Context, items: Annotated[list[AckItem], Field(min_length=1, max_length=500)]
) -> Work[Acknowledged]:
    """Acknowledge what you have dealt with: each channel up to its ack_id, as get_inbox gave it."""
    resolved = [AckItem(channel=readable_channel(context, item.channel).id, ack_id=item.ack_id) for item in items]

    def work(tx: Transaction) -> Acknowledged:
        moved = [item for item in resolved if _acknowledge(context, tx, item)]
        if moved:
            context.emit(tx, InboxAcked(items=moved), context.actor.name, agents=[context.actor.name])
        return Acknowledged(acknowledged=len(resolved), items=resolved)

    return work


def _acknowledge(context: Context, tx: Transaction, item: AckItem) -> bool:
    """Acknowledge one channel; whether that changed anything."""
    me, now = context.actor.name, context.now()
    seq = _seq(tx, item)
    if deliveries.cursor(tx, me, item.channel) is None:
        raise Forbidden(f"items: you are not a member of {item.channel}.", code="not_a_member")
    moved = deliveries.advance(tx, me, item.channel, seq, "acked", now)
    return deliveries.acknowledge(tx, me, item.channel, item.ack_id, now) or moved


def _seq(reader: Reader, item: AckItem) -> int:
    seq = seq_of(reader, item.channel, item.ack_id)
    if seq is None:
        problem = f"{item.ack_id} is no message of {item.channel}"
        raise InvalidInput.at("items", problem, detail=f"items: {problem}; give the ack_id that get_inbox gave.")
    return seq
