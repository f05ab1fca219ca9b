"""The inbox: what waits, acknowledging it, waiting for it, and how far a message got."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from ....errors import Forbidden, InvalidInput
from ....events import Event
from ....events.hub import Subscription
from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work
from ....surfaces.streams import audience, ends, is_valid, require_valid
from ... import deliveries
from ...channels import readable_channel
from ...messages import first_replies, seq_of, visible
from ..events import InboxAcked
from ..handover import Asking, hand_over, next_due
from ..models import AckItem, Acknowledged, Inbox, InboxChannel, Receipt, Recipient, State, Synced, Waited
from ..overview import SECTIONS, fitting_sections, show

MAX_WAIT = 240
MAX_EVENTS = 500
SHORTEST = 0.05
"""Seconds that a wait sleeps at least until it looks again for what was handed over in vain."""


# -- what waits ------------------------------------------------------------------------------------------------------


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


# -- waiting ---------------------------------------------------------------------------------------------------------


@operation("POST /api/wait", access="observer", profile="inbox", everyday=True, holds=True)
async def wait_for_messages(
    context: Context,
    timeout: Annotated[float, Field(ge=0, le=MAX_WAIT)] = 60,
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
) -> Work[Waited]:
    """Wait until somebody calls you (@you, or a direct message), up to 240 s. Costs nothing; each comes once."""
    me = context.actor.name

    loses = ends(context)

    def wants(event: Event) -> bool:
        return (event.actor != me and me in event.data.get("addressed", ())) or loses(event)

    # Subscribed before looking, so that nothing slips between.
    with context.team.presence.connected(me), context.team.hub.subscribe(wants) as arrivals:
        await _until_offered(context, arrivals, timeout)
    require_valid(context)
    return lambda tx: hand_over(context, tx, "wait", limit)


async def _until_offered(context: Context, arrivals: Subscription, timeout: float) -> None:
    """Wait until something is there to hand out: what woke this wait may have gone to another one of the same agent."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while is_valid(context):
        due, now = await context.read(next_due, Asking.of(context)), context.now()
        left = deadline - loop.time()
        if left <= 0 or (due is not None and due <= now):
            return
        later = left if due is None else min(left, max(SHORTEST, (due - now) / 1000))
        await arrivals.next(later)
        if arrivals.closed:
            return


@operation("GET /api/sync", profile="inbox", everyday=True, read_only=True, holds=True)
async def sync(
    context: Context,
    since: Annotated[int, Field(ge=0, le=LARGEST_ID)] | None = None,
    wait_ms: Annotated[int, Field(ge=0, le=30_000)] = 0,
    kinds: Annotated[list[str], Field(max_length=50)] = [],  # noqa: B006 - never changed
) -> Synced:
    """Follow what happens in the whole team from a cursor on, waiting up to wait_ms. Without since: just the cursor."""
    hub = context.team.hub
    if since is None:
        return Synced(events=[], cursor=hub.cursor)
    me = context.actor.name
    wants, loses = audience(context.team, me, kinds), ends(context)
    follows = hub.subscribe(lambda event: wants(event) or loses(event), hub.place(since))
    with context.team.presence.connected(me), follows as events:
        found = await events.next(wait_ms / 1000)
    require_valid(context)
    page = context.budget().fit(event.as_dict() for event in found[:MAX_EVENTS])
    reached = page[-1]["id"] if len(found) > len(page) else events.cursor
    return Synced.of(page, hub.runs.cursor(reached), context.server.event_kinds)


# -- how far a message got -------------------------------------------------------------------------------------------


@operation("GET /api/messages/{message_id}/receipt", profile="inbox", everyday=True, read_only=True)
async def get_receipt(context: Context, message_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]) -> Receipt:
    """See who was handed, has got (offered), read, acknowledged or answered a message."""
    row, _ = await visible(context, message_id)
    return await context.read(_receipt, row)


def _receipt(reader: Reader, message: Row) -> Receipt:
    answers = {row["sender"]: row for row in first_replies(reader, message["id"])}
    rows = deliveries.recipients(reader, message["id"], message["channel_id"], message["sender"], message["created_at"])
    return Receipt(
        message_id=message["id"],
        channel=message["channel_id"],
        ack_required=bool(message["ack_required"]),
        reply_by=message["reply_by"],
        recipients=[_recipient(row, message["seq"], _answer(row, answers.get(row["agent"]))) for row in rows],
    )


def _answer(row: Row, reply: Row | None) -> tuple[int | None, int | None]:
    """The answer of one recipient and its time; of who was not addressed only what replies to the message itself."""
    if row["answer"] is not None:
        return row["answer"], row["settled_at"]
    return (None, None) if reply is None else (reply["id"], reply["created_at"])


def _recipient(row: Row, seq: int, answered: tuple[int | None, int | None]) -> Recipient:
    answer, answered_at = answered
    times: dict[str, int | None] = {}
    for cursor in ("offered", "read", "acked"):
        passed = row[f"m_{cursor}_at"] if row[cursor] >= seq else None
        times[cursor] = row[f"{cursor}_at"] if row["addressed"] is not None else passed
    state: State = "stored" if row["handed_at"] is None else "handed_over"
    for reached in ("offered", "read", "acked"):
        if times[reached] is not None:
            state = reached
    if answer is not None:
        state = "answered"
    return Recipient(
        agent=row["agent"],
        state=state,
        handed_over_at=row["handed_at"] or times["offered"],
        handed_over_by=row["handed_by"] or row["offered_by"],
        offered_at=times["offered"],
        offered_by=row["offered_by"],
        read_at=times["read"],
        acked_at=times["acked"],
        answered_at=answered_at,
        answer=answer,
        reply_by=row["reply_by"],
        settled_at=row["settled_at"],
    )
