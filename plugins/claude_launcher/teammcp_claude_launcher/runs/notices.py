"""Who is told of what happens in runs: those who watch one, and those on whose message nobody seems to work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from teammcp import Context, Note, StateKey, Team, quoted_line, server_note

from ..entries import TurnWritten
from ..protocol import JournalEntry
from . import queries

KIND = "turn"


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


async def of_silence(context: Context, run_id: int, seq: int, reported: Iterable[JournalEntry]) -> list[Note]:
    """What those are told whose messages are in the turn on which an agent does not seem to work."""
    row = await context.read(queries.run, run_id)
    turn = await _turn_before(context, run_id, seq, reported)
    if row is None or turn is None or not turn.message_ids:
        return []
    agent = row["agent"]
    senders = await context.read(queries.senders, turn.message_ids)
    text = (
        f"{quoted_line(agent)} has your message, but its program shows no sign of working on it yet. If that goes on, "
        f"look at what it does: get_run {run_id}."
    )
    notes: list[Note] = []
    for sender in senders:
        if sender != agent:
            notes += await server_note(context, sender, text, about=f"run {run_id}")
    return notes


async def _turn_before(context: Context, run_id: int, seq: int, reported: Iterable[JournalEntry]) -> TurnWritten | None:
    """The turn that was written last before that line, which may come in the same report."""
    turns = [
        line.entry for line in reported if line.run == run_id and line.seq < seq and isinstance(line.entry, TurnWritten)
    ]
    if turns:
        return turns[-1]
    data = await context.read(queries.last_of_kind, run_id, KIND, seq)
    return None if data is None else TurnWritten.model_validate_json(data)
