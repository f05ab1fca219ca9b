"""What the server notes of the checks of parts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from teammcp import LARGEST_ID, Context, Result, Transaction, Work, operation, plain_text

from . import queries

MessageId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PartNumber = Annotated[int, Field(ge=1)]


class CheckNoted(Result):
    """Of which message something was noted."""

    message_id: int


@operation(internal=True, profile="projects")
async def note_check(
    context: Context, message_id: MessageId, number: PartNumber, standing: str, note: str, waits_for: str = ""
) -> Work[CheckNoted]:
    """Note what a check of a part has found; ``waits_for``: the project for a machine of which it waits still."""
    noted = await context.prepare(
        "note_part_standing", message_id=message_id, number=number, standing=standing, note=note
    )

    def work(tx: Transaction) -> CheckNoted:
        if waits_for:
            queries.let_wait(tx, message_id, number, plain_text(waits_for), context.now())
        else:
            queries.end(tx, message_id, number)
        noted(tx)
        return CheckNoted(message_id=message_id)

    return work


@operation(internal=True, profile="projects")
async def end_check(context: Context, message_id: MessageId, number: PartNumber) -> Work[CheckNoted]:
    """Let a part wait for no machine any more, since it is not there."""

    def work(tx: Transaction) -> CheckNoted:
        queries.end(tx, message_id, number)
        return CheckNoted(message_id=message_id)

    return work


@operation(internal=True, profile="projects")
async def pass_messages(context: Context, message_id: MessageId) -> Work[CheckNoted]:
    """Note that the parts of all messages up to one were looked at."""

    def work(tx: Transaction) -> CheckNoted:
        queries.pass_by(tx, message_id)
        return CheckNoted(message_id=message_id)

    return work


OPERATIONS: list[Any] = [note_check, end_check, pass_messages]
