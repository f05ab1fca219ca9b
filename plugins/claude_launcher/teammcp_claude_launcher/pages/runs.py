"""Pages of runs: one run with all that happened in it, as it happens, and the runs of an agent."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Request, Response

from teammcp import LARGEST_ID, Access, Context, Message, TeamError
from teammcp.web import Outcome, Page, form_call, go_back

from ..entries import SEEN
from ..runs.models import Run, RunEntries
from ..runs.queries import senders
from .layout import show
from .transcript import Transcript, transcript

WINDOW = 200
"""Entries on a page."""
PAGE = 30
"""Runs in a list."""
LISTEN_MS = 20_000
"""How long a page waits for something new before it asks again."""


async def run(context: Context, request: Request, run_id: int) -> Response:
    """One run: its newest entries, or those before a number."""
    return await _show_run(context, run_id, request.args.get("before", type=int))


async def _show_run(context: Context, run_id: int, before: int | None, outcome: Outcome | None = None) -> Response:
    found = await context.call("get_run", run_id=run_id)
    last = before if before is not None and 0 < before <= LARGEST_ID else LARGEST_ID
    kept = await context.call("get_run_entries", run_id=run_id, before=last, limit=WINDOW)
    return await _draw(context, found, kept, outcome, earlier=kept.more, newest=last == LARGEST_ID)


async def news(context: Context, request: Request, run_id: int) -> Response:
    """What has happened since ``after``, and what has changed from ``since`` on; it waits until there is something."""
    after, since = (request.args.get(name, 0, type=int) for name in ("after", "since"))
    kept = await context.call("get_run_entries", run_id=run_id, after=after, limit=WINDOW, wait_ms=LISTEN_MS)
    if kept.entries and since <= after:
        before = await context.call("get_run_entries", run_id=run_id, before=after + 1, limit=WINDOW)
        open_before = [each for each in before.entries if each.seq >= since]
        kept = kept.model_copy(update={"entries": open_before + kept.entries})
    return await _draw(context, await context.call("get_run", run_id=run_id), kept)


async def _draw(
    context: Context,
    found: Run,
    kept: RunEntries,
    outcome: Outcome | None = None,
    *,
    earlier: bool = False,
    newest: bool = True,
) -> Response:
    told = transcript((each.seq, each.at, SEEN.validate_python(each.entry)) for each in kept.entries)
    messages = await _messages(context, told)
    return await show(
        context,
        "run.html",
        "agents",
        outcome,
        run=found,
        found=told,
        messages=messages,
        senders=await _senders(context, [number for number, message in messages.items() if message is None]),
        earlier=kept.entries[0].seq if earlier and kept.entries else None,
        newest=newest,
        live=found.ended_at is None,
        later=None if found.ended_at is None else await _later(context, found),
    )


async def _messages(context: Context, told: Transcript) -> dict[int, Message | None]:
    """The messages that turns brought, as far as whoever looks may read them."""
    numbers = told.message_ids()
    return dict(zip(numbers, await asyncio.gather(*(_message(context, each) for each in numbers)), strict=True))


async def _message(context: Context, number: int) -> Message | None:
    try:
        message: Message = await context.call("get_message", message_id=number)
    except TeamError:  # it is gone, or not for this reader
        return None
    return message


async def _senders(context: Context, numbers: list[int]) -> dict[int, str]:
    """Who has sent messages that whoever looks may not read. Managers know that: they look after the agent."""
    if not numbers or context.actor.access < Access.manager:
        return {}
    return {row["id"]: row["sender"] for row in await context.read(senders, numbers)}


async def _later(context: Context, ended: Run) -> int | None:
    """The number of the agent's live run, if a later one is."""
    last: Run = (await context.call("list_runs", agent=ended.agent, limit=1)).root[0]
    return last.run_id if last.ended_at is None else None


async def say(context: Context, request: Request, run_id: int) -> Response:
    """Tell the agent something: a direct message to it."""
    found = await context.call("get_run", run_id=run_id)
    content = (await request.form).get("content", "")
    outcome = await form_call(context, "send_dm", recipient=found.agent, content=content)
    if outcome.ok:
        return await go_back(request, f"/launcher/runs/{run_id}")
    return await _show_run(context, run_id, None, outcome)


async def runs(context: Context, request: Request, name: str) -> Response:
    """The runs of an agent, newest first."""
    asked: dict[str, Any] = {"before": before} if (before := request.args.get("before", type=int)) else {}
    listed = (await context.call("list_runs", agent=name, limit=PAGE, **asked)).root
    more = listed[-1].run_id if len(listed) == PAGE else None
    return await show(context, "runs.html", "agents", name=name, runs=listed, more=more)


PAGES = [
    Page("/launcher/runs/<int:run_id>", run),
    Page("/launcher/runs/<int:run_id>/news", news),
    Page("/launcher/runs/<int:run_id>/say", say, ("POST",), Access.member),
    Page("/launcher/agents/<name>/runs", runs),
]
