"""How far a message got with everybody it was sent to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ....operations import Context, operation
from ....storage import LARGEST_ID, Reader, Row
from ... import deliveries
from ...messages import first_replies, visible
from ..models import Receipt, Recipient, State

UNDELIVERED: frozenset[State] = frozenset({"stored", "handed_over"})


@operation("GET /api/messages/{message_id}/receipt", profile="inbox", everyday=True, read_only=True)
async def get_receipt(context: Context, message_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]) -> Receipt:
    """See who was handed, has got (offered), read, acknowledged or answered a message."""
    row, _ = await visible(context, message_id)
    receipt = await context.read(_receipt, row)
    for who in receipt.recipients:
        if who.state in UNDELIVERED:
            who.not_reached = context.team.presence.status_of(who.agent).not_reached
    return receipt


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
