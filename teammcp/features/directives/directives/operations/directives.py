"""Directives: sending, listing, waiting for the end, cancelling. What their workers do is in ``claims.py``."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from pydantic import Field

from .....arguments.fields import PRIORITIES, Attempts, Deadline, LeaseSeconds, Limit, Metadata, Priority
from .....errors import Conflict, Gone, InvalidInput, Refused
from .....events import Event
from .....members.directory import Access
from .....operations import Context, operation
from .....storage import LARGEST_ID, Reader, Row, Transaction, Work, present
from .....surfaces.streams import ends, require_valid
from ....agents import is_active
from ....channels import MemberRef, find_agent
from ....messages import Note, send_notes
from ... import notifications
from ...events import DirectiveSent
from .. import queries
from ..changes import close, emit, is_open, shape, still_there, visible
from ..models import (
    OPEN,
    STATUSES,
    Directive,
    DirectiveId,
    DirectiveList,
    DirectiveResult,
    ExpiresIn,
    Instruction,
    ResultText,
    Role,
    Settled,
    WaitedDirective,
    Wanted,
)

MOST = 200
"""Directives that may wait for one worker."""
MAX_WAIT = 240


# -- sending ---------------------------------------------------------------------------------------------------------


@operation("POST /api/directives", profile="directives", everyday=True, status=201)
async def send_directive(
    context: Context,
    to_agent: MemberRef,
    instruction: Instruction,
    payload: Metadata | None = None,
    priority: Priority = "medium",
    expires_in: ExpiresIn | None = None,
    expires_at: Deadline | None = None,
    lease_seconds: LeaseSeconds = 90,
    max_attempts: Attempts = 3,
) -> Work[DirectiveResult]:
    """Tell one agent to do something and get its result: then wait_directive. It lapses at expires_at unless begun.

    It reaches the agent as a direct message; you talk about it in that message's thread.
    """
    worker = find_agent(context, to_agent, "to_agent").name
    if worker == context.actor.name:
        raise InvalidInput.at("to_agent", "names yourself; name another member")
    deadline = _deadline(context.now(), expires_in, expires_at)
    number = await queries.NUMBERS.reserve(context.team.database)  # the message names it
    message = await context.prepare(
        "send_message",
        channel=f"dm:{worker}",
        content=f"Directive {number} ({priority}): {instruction}\n\n(claim_directive {number}, then report_directive.)",
        metadata={"directive_id": number},
    )
    if message.waits:
        raise Refused("instruction: a plugin makes messages like this one wait; send it as a message instead.")

    def work(tx: Transaction) -> DirectiveResult:
        if not is_active(tx, worker):  # retired since it was looked up
            raise Gone(f"to_agent: {worker} was retired and reads nothing any more.", code="agent_retired")
        if queries.count_received(tx, worker, "pending") >= MOST:
            raise Conflict(
                f"to_agent: {MOST} directives wait for {worker} already; cancel some, or ask somebody else.",
                code="too_many_directives",
            )
        new = {
            "id": number,
            "issuer": context.actor.name,
            "worker": worker,
            "instruction": instruction,
            "payload": None if payload is None else json.dumps(payload, ensure_ascii=False),
            "priority": PRIORITIES.index(priority),
            "status": "pending",
            "message_id": message(tx).id,
            "max_attempts": max_attempts,
            "lease_seconds": lease_seconds,
            "expires_at": deadline,
            "created_at": context.now(),
        }
        queries.insert(tx, new)
        row = queries.directive(tx, number)
        emit(context, tx, present(row), DirectiveSent)
        return DirectiveResult(directive=shape(context.team, present(row)))

    return work


def _deadline(now: int, expires_in: int | None, expires_at: int | None) -> int | None:
    if expires_in is not None and expires_at is not None:
        raise InvalidInput.at("expires_at", "give either this or expires_in, not both")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput.at("expires_at", "is over; give a later time")
    return expires_at if expires_in is None else now + expires_in * 1000


# -- reading ---------------------------------------------------------------------------------------------------------


@operation("GET /api/directives", profile="directives", everyday=True, read_only=True)
async def list_directives(
    context: Context,
    role: Role = "received",
    status: Wanted = "open",
    limit: Limit = 50,
    cursor: DirectiveId | None = None,
) -> DirectiveList:
    """List the directives for you to do (the most pressing first), or that you sent; for managers all of them."""
    if role == "all":
        context.require(Access.manager, "Listing everybody's directives")
    rows = await context.read(_page, context.actor.name, role, status, limit + 1, cursor or LARGEST_ID)
    found = context.budget().fit(shape(context.team, row) for row in rows[:limit])
    following = found[-1].id if len(rows) > len(found) else None
    if role == "received" and status == "open":
        rows = sorted(rows[: len(found)], key=by_priority)
        found = [shape(context.team, row) for row in rows]
    return DirectiveList(directives=found, next=following)


def _page(reader: Reader, me: str, role: Role, status: Wanted, limit: int, before: int) -> list[Row]:
    found: list[Row] = []
    for each in {"open": OPEN, "all": STATUSES}.get(status, (status,)):
        if role == "all":
            found += queries.of_everybody(reader, each, before, limit)
        else:
            found += queries.of_member(reader, "worker" if role == "received" else "issuer", me, each, before, limit)
    return sorted(found, key=lambda row: -row["id"])[:limit]


@operation("GET /api/directives/{directive_id}", profile="directives", read_only=True, tool=False)
async def get_directive(context: Context, directive_id: DirectiveId) -> DirectiveResult:
    """Get one directive, with its result."""
    return DirectiveResult(directive=shape(context.team, await visible(context, directive_id)))


@operation("GET /api/directives/{directive_id}/wait", profile="directives", everyday=True, read_only=True, holds=True)
async def wait_directive(
    context: Context, directive_id: DirectiveId, timeout: Annotated[float, Field(ge=0, le=MAX_WAIT)] = 60
) -> WaitedDirective:
    """Wait until a directive has ended, up to 240 s; final says whether it has. Costs nothing meanwhile: call again."""
    await visible(context, directive_id)

    loses = ends(context)

    def wants(event: Event) -> bool:
        return (event.kind.startswith("directive.") and event.subject == str(directive_id)) or loses(event)

    # Subscribed before looking, so that nothing slips between.
    with context.team.presence.connected(context.actor.name), context.team.hub.subscribe(wants) as news:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        row = await visible(context, directive_id)
        while is_open(row) and await news.next(deadline - loop.time()):
            require_valid(context)
            row = await visible(context, directive_id)
    return WaitedDirective(directive=shape(context.team, row), final=not is_open(row))


# -- cancelling ------------------------------------------------------------------------------------------------------


@operation("POST /api/directives/{directive_id}/cancel", profile="directives", everyday=True)
async def cancel_directive(
    context: Context, directive_id: DirectiveId, reason: ResultText = ""
) -> Work[Settled] | Settled:
    """Cancel a directive that you sent, or as a manager any; its worker is told. reason: why."""
    row = await visible(context, directive_id)
    if (refusal := _kept(context, row)) is not None:
        return refusal
    notes = await _tell_of_cancelling(context, row, reason)

    def work(tx: Transaction) -> Settled:
        now = still_there(context, tx, directive_id)
        if (refusal := _kept(context, now)) is not None:
            return refusal
        close(context, tx, now, "cancelled", reason)
        send_notes(tx, notes)
        return Settled(ok=True, directive_id=directive_id, status="cancelled")

    return work


def _kept(context: Context, row: Row) -> Settled | None:
    """The answer to a cancellation that changes nothing."""
    if context.actor.name != row["issuer"] and context.actor.access < Access.manager:
        return Settled(ok=False, directive_id=row["id"], reason="not_yours", status=row["status"])
    if not is_open(row):
        return Settled(ok=False, directive_id=row["id"], reason=row["status"], status=row["status"])
    return None


async def _tell_of_cancelling(context: Context, row: Row, reason: str) -> list[Note]:
    me = context.actor.name
    if me == row["issuer"]:
        text = f"Directive {row['id']} is cancelled. Stop working on it"
        return await notifications.answer(context, row, row["worker"], text, reason, lead=". Reason: ")
    text = f"Directive {row['id']} from {row['issuer']} to {row['worker']} was cancelled by {me}."
    text += f" get_directive {row['id']} has the reason." if reason else ""
    told = [name for name in (row["issuer"], row["worker"]) if name != me]
    return [note for name in told for note in await notifications.from_server(context, row, name, text)]


# -- what waits ------------------------------------------------------------------------------------------------------


async def waiting(context: Context, limit: int) -> list[Directive]:
    """The first directives that wait for the actor to claim them, the most pressing first."""
    rows = await context.read(queries.of_member, "worker", context.actor.name, "pending", LARGEST_ID, MOST)
    return [shape(context.team, row) for row in sorted(rows, key=by_priority)[:limit]]


def by_priority(row: Row) -> tuple[int, int]:
    """The order in which directives should be done."""
    return row["priority"], row["id"]
