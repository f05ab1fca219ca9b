"""Who is told of what happens in runs: those who watch one, and those on whose message nobody seems to work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from teammcp import Context, Note, StateKey, Team, quoted_line, server_note

from ..turn_words import SERVER
from . import queries


@dataclass
class News:
    """Wakes those who wait for what happens in a run."""

    waiting: dict[int, set[asyncio.Event]] = field(default_factory=dict)


_NEWS: StateKey[News] = StateKey("claude_launcher.news", News)


def happened(team: Team, run_id: int) -> None:
    """Something has happened in a run."""
    for waiting in team.state[_NEWS].waiting.pop(run_id, ()):
        waiting.set()


def next_of(team: Team, run_id: int) -> asyncio.Event:
    """Set at the next thing that happens in a run. Give it back by `forget`."""
    event = asyncio.Event()
    team.state[_NEWS].waiting.setdefault(run_id, set()).add(event)
    return event


def forget(team: Team, run_id: int, event: asyncio.Event) -> None:
    """Nobody waits for it any more."""
    waiting = team.state[_NEWS].waiting
    if run_id in waiting:
        waiting[run_id].discard(event)
        if not waiting[run_id]:
            del waiting[run_id]


async def of_silence(context: Context, run_id: int, message_ids: Sequence[int]) -> list[Note]:
    """What those are told on whose messages an agent does not seem to work."""
    row = await context.read(queries.run, run_id)
    if row is None:
        return []
    agent = row["agent"]
    text = (
        f"{quoted_line(agent)} has your message, but its program shows no sign of working on it yet. If that goes on, "
        f"look at what it does: get_run {run_id}."
    )
    notes: list[Note] = []
    for sender in sorted(await _senders(context, message_ids) - {agent}):
        notes += await server_note(context, sender, text, about=f"run {run_id}")
    return notes


async def _senders(context: Context, message_ids: Sequence[int]) -> set[str]:
    """Who has sent messages; behind what the server tells of a task stands whoever has made it."""
    rows = await context.read(queries.senders, message_ids)
    senders = {row["sender"] for row in rows} - {SERVER}
    for row in rows:
        if row["sender"] == SERVER:
            told = await Context.inside(context.team).call("get_message", message_id=row["id"])
            creator = await context.read(queries.creator, (told.metadata or {}).get("task_id"))
            senders |= {creator} - {None}
    return senders
