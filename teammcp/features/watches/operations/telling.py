"""Telling watchers what has happened to a member: each occasion once, and not too often."""

from __future__ import annotations

from ....errors import TeamError
from ....members.directory import Access
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ...messages import Note, send_notes, server_note
from ...tasks import Task
from .. import queries, texts
from ..events import WatchEnded, WatchTold
from ..latches import MINUTE, rests
from ..memory import WATCHED, Key, key_of
from ..models import OccasionNoted, What


@operation(internal=True, profile="wakes")
async def note_occasion(
    context: Context, name: str, arms: list[What], occasions: list[What], task_id: int | None = None, by: str = ""
) -> Work[OccasionNoted]:
    """Take up what has happened to a member: what it has to come before, and what it is the occasion of.

    task_id: the task of it that was done, and by whom.
    """
    task = None if task_id is None else (await context.call("get_task", task_id=task_id)).task
    rows = await context.read(queries.of_whom, name)
    seen = {key_of(row) for row in rows} - context.team.state[WATCHED].fresh
    known: dict[Key, list[Note]] = {}
    for row in rows:
        happened = row["what"] in occasions
        if happened and (row["armed"] if task is None else await _is_for(context, row, task, by)):
            known[key_of(row)] = await _note(context, row, texts.told(row, task))
    now = context.now()

    def work(tx: Transaction) -> OccasionNoted:
        told: list[str] = []
        for row in queries.of_whom(tx, name):
            key = key_of(row)
            if key not in seen:
                continue
            if row["what"] in arms and not row["armed"]:
                queries.arm(tx, *key)
            if key not in known or not (row["armed"] or task):
                continue
            armed = bool(row["armed"]) and task is not None  # the turn goes on
            if rests(row["told_at"], now):
                queries.hold(tx, *key, armed)
                tx.on_commit(lambda: _held(context))
                continue
            send_notes(tx, known[key])
            told += [note.recipient for note in known[key]]
            _settle(context, tx, row, 1 + row["held"], armed=armed)
        return OccasionNoted(told=told)

    return work


def _settle(context: Context, tx: Transaction, row: Row, times: int, *, armed: bool) -> None:
    """The watcher was told: once is enough, unless it wants to be told always and still may."""
    watcher, whom, what = key_of(row)
    context.emit(tx, WatchTold(what=row["what"], times=times), whom, agents=[watcher])
    if row["always"] and _may(context, watcher):
        queries.tell(tx, watcher, whom, what, armed, context.now())
    else:
        _end(context, tx, row)


def _end(context: Context, tx: Transaction, row: Row) -> None:
    queries.end(tx, *key_of(row))
    context.emit(tx, WatchEnded(what=row["what"]), row["whom"], agents=[row["watcher"]])


def _held(context: Context) -> None:
    context.team.state[WATCHED].held = True


async def _note(context: Context, row: Row, text: str) -> list[Note]:
    """The direct message; none to who may no longer ask for it."""
    if not _may(context, row["watcher"]):
        return []
    return await server_note(context, row["watcher"], text, about=f"{row['whom']}: {row['what']}")


def _may(context: Context, watcher: str) -> bool:
    """Whether a member may still be told."""
    agent = context.team.directory.agent(watcher)
    return agent is not None and not agent.retired and agent.access >= Access.member


async def _is_for(context: Context, row: Row, task: Task, by: str) -> bool:
    """Whether a watcher is to hear that a task was done: who did that itself knows, and not everybody may see it."""
    watcher = context.team.directory.agent(row["watcher"])
    if watcher is None or watcher.name == by:
        return False
    try:
        await Context.inside(context.team, watcher).call("get_task", task_id=task.id)
    except TeamError:  # it may not see the task
        return False
    return True


@operation(internal=True, profile="wakes")
async def tell_held_occasions(context: Context) -> Work[OccasionNoted]:
    """Tell those watchers how often it has happened since, who were told a minute ago or earlier."""
    until = context.now() - MINUTE
    rows = await context.read(queries.held, until)
    known = {key_of(row): (row["held"], await _note(context, row, texts.rest(row))) for row in rows}
    memory = context.team.state[WATCHED]

    def work(tx: Transaction) -> OccasionNoted:
        told: list[str] = []
        for row in queries.held(tx, until):
            held, notes = known.get(key_of(row), (0, []))
            if held != row["held"]:  # something has happened meanwhile: the next time
                continue
            send_notes(tx, notes)
            told += [note.recipient for note in notes]
            _settle(context, tx, row, held, armed=bool(row["armed"]))
        left = queries.any_held(tx)
        tx.on_commit(lambda: setattr(memory, "held", left))
        return OccasionNoted(told=told)

    return work


@operation(internal=True, profile="wakes")
async def end_watches(context: Context, name: str) -> Work[OccasionNoted]:
    """End what a member is told that was retired, and tell those who were to be told of it."""
    rows = await context.read(queries.of_whom, name)
    text = texts.retired(name)
    notes = [
        note
        for watcher in sorted({row["watcher"] for row in rows})
        for note in await server_note(context, watcher, text, about=f"{name}, who was retired")
    ]

    def work(tx: Transaction) -> OccasionNoted:
        for row in [*queries.of_watcher(tx, name), *queries.of_whom(tx, name)]:
            _end(context, tx, row)
        send_notes(tx, notes)
        return OccasionNoted(told=[note.recipient for note in notes])

    return work
