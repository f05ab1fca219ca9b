"""Waiting for messages, and following what happens in the team."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from ....events import Event
from ....events.hub import Subscription
from ....operations import Context, operation
from ....storage import LARGEST_ID, Transaction, Work
from ....surfaces.streams import audience, ends, is_valid, require_valid
from ..handover import Asking, anything_calls, hand_over, next_due
from ..models import Synced, Waited

MAX_WAIT = 240


MAX_EVENTS = 500


SHORTEST = 0.05
"""Seconds that a wait sleeps at least until it looks again for what was handed over in vain."""


@operation("POST /api/wait", access="observer", profile="inbox", everyday=True, holds=True)
async def wait_for_messages(
    context: Context,
    timeout: Annotated[float, Field(ge=0, le=MAX_WAIT)] = 60,
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
) -> Work[Waited]:
    """Wait until somebody calls you (@you, or a direct message), up to 240 s. Costs nothing; each comes once.

    A message of priority 'later' ends no wait; it comes beside one that does.
    """
    me = context.actor.name

    loses = ends(context)

    def wants(event: Event) -> bool:
        return (event.actor != me and me in event.data.get("addressed", ())) or loses(event)

    # Subscribed before looking, so that nothing slips between.
    with context.team.presence.connected(me), context.team.hub.subscribe(wants) as arrivals:
        await _until_offered(context, arrivals, timeout)
    require_valid(context)

    def work(tx: Transaction) -> Waited:
        if not anything_calls(tx, Asking.of(context)):
            return Waited(messages=[], more=False)
        return hand_over(context, tx, "wait", limit)

    return work


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
