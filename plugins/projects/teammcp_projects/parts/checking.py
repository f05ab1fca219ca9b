"""Checking what parts say of code: also what was sent before the server ended, or while a machine was away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from teammcp import (
    Context,
    Message,
    Reader,
    Row,
    StateKey,
    Team,
    TeamError,
    messages_by_id,
    messages_with_parts,
    parts_of,
)

from . import queries
from .claims import CHECKED, Claim, claims
from .looking import AWAY, look

SECONDS = 20
"""Between two looks at what was not checked yet: a check that was missed, as at a crash, is made up for."""
AT_ONCE = 2
"""Messages of a team that are checked side by side."""
BATCH = 20
"""Messages that are looked at before it is noted how far that has come."""
PATIENCE = 7 * 24 * 3600 * 1000
"""Milliseconds after which nobody waits any more for a machine that is away."""
GIVEN_UP = "no machine that has the code could be reached within a week"

_LOOKING: StateKey[asyncio.Lock] = StateKey("projects.checks", asyncio.Lock)


def check_later(context: Context, message: Message) -> None:
    """Check the parts of a message that was just sent, without keeping anybody waiting."""
    if any(part.kind in CHECKED for part in message.parts):
        context.team.background(check_new(context.team))


async def check_new(team: Team) -> None:
    """Check the parts of all messages that were not looked at yet; one look after the other."""
    context, places = Context.inside(team), asyncio.Semaphore(AT_ONCE)
    async with team.state[_LOOKING]:
        while messages := await context.read(_new):
            await asyncio.gather(*(_check(context, places, message) for message in messages))
            await context.call("pass_messages", message_id=messages[-1].id)


def _new(reader: Reader) -> list[Message]:
    return messages_by_id(reader, messages_with_parts(reader, queries.passed(reader), BATCH))


async def _unchecked(context: Context, message: Message) -> list[Claim]:
    """What a message claims and was not checked, as it may have been before the server ended."""
    known = {part.number for part in message.parts if part.standing is not None}
    stored = (await context.read(parts_of, [message.id])).get(message.id, [])
    return [claim for claim in claims(stored) if claim.number not in known]


async def _check(context: Context, places: asyncio.Semaphore, message: Message) -> None:
    async with places:
        for claim in await _unchecked(context, message):
            found = await look(context, message.from_agent, claim)
            with suppress(TeamError):  # the message was deleted meanwhile
                await context.call(
                    "note_check",
                    message_id=message.id,
                    number=claim.number,
                    standing=found.standing,
                    note=found.note,
                    waits_for="" if found.is_final else claim.project,
                )


async def check_waiting(team: Team) -> None:
    """Check again what could not be checked because a machine was away; the team's job."""
    await check_new(team)
    context = Context.inside(team)
    for project in await context.read(queries.waited_for):
        for row in await context.read(queries.waiting, project, BATCH):
            if not await _settled(context, row):
                break  # the others of the project wait for the same machines


async def _settled(context: Context, row: Row) -> bool:
    """Look again at a part that waits; whether it waits no more."""
    of = {"message_id": row["message_id"], "number": row["number"]}
    found = await context.read(_again, row)
    if found is None:  # the message was deleted
        await context.call("end_check", **of)
        return True
    message, claim = found
    seen = await look(context, message.from_agent, claim)
    is_over = row["since"] <= context.now() - PATIENCE
    if not seen.is_final and not is_over:
        return False
    note = GIVEN_UP if seen.note == AWAY else seen.note
    try:
        await context.call("note_check", **of, standing=seen.standing, note=note, waits_for="")
    except TeamError:  # the message was deleted a moment ago
        await context.call("end_check", **of)
    return True


def _again(reader: Reader, row: Row) -> tuple[Message, Claim] | None:
    """A part that waits, and the message that it is of; None if it is not there any more."""
    messages = messages_by_id(reader, [row["message_id"]])
    stored = parts_of(reader, [row["message_id"]]).get(row["message_id"], [])
    found = [claim for claim in claims(stored) if claim.number == row["number"]]
    return (messages[0], found[0]) if messages and found else None
