"""What an agent's program did about a message: the turn in which it was written to it, on pages of others."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from teammcp import Context
from teammcp.web import values

from ..entries import SEEN, TurnOver, TurnWritten
from ..runs import queries
from ..runs.models import Run, RunEntries
from . import words
from .transcript import Transcript, transcript

MOST = 100
"""Entries that are shown; the page of the run has all."""


async def work(context: Context, message_id: int) -> dict[str, Any] | None:
    """What came of a message in the last turn that brought it; nothing if no program of an agent was told it."""
    turn = await context.read(queries.last_turn_of, message_id)
    if turn is None:
        return None
    found: Run = await context.call("get_run", run_id=turn["run_id"])
    kept: RunEntries = await context.call("get_run_entries", run_id=turn["run_id"], after=turn["seq"] - 1, limit=MOST)
    return {
        "run": found,
        "found": _without_its_messages(_until_its_end(kept)),
        "more": kept.more,
        "live": found.ended_at is None,
        "messages": {},
        "senders": {},
        "approvals": any(each.name == "resolve_approval" for each in context.server.registry),
        "rendered": values.rendered,
        "compare_texts": values.compare_texts,
        **words.tools(),
    }


def _until_its_end(kept: RunEntries) -> list[tuple[int, int, Any]]:
    """The entries up to the end of the first turn among them."""
    entries = [(each.seq, each.at, SEEN.validate_python(each.entry)) for each in kept.entries]
    before = [*takewhile(lambda each: not isinstance(each[2], TurnOver), entries)]
    return entries[: len(before) + 1]


def _without_its_messages(entries: list[tuple[int, int, Any]]) -> Transcript:
    """What happened, without what the program was told: the page has that already."""
    found = transcript(entries)
    found.items = [item for item in found.items if not isinstance(item.entry, TurnWritten)]
    return found
