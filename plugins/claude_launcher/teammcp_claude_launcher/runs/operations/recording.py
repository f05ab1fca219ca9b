"""Taking over what a runner has written down: each line of its journal once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from teammcp import Context, NotFound, Transaction, Work, operation, send_notes

from ... import machines, tasks
from ...entries import State, TurnWritten, Used
from ...protocol import BATCH, JournalEntry
from ...settings import PLUGIN
from .. import concluding, notices, queries
from ..folding import Fold
from ..models import Recorded

SLACK = 1.1
"""How many times as many entries of a run there may be as are kept, so that not each one drives another out."""

log = logging.getLogger(__name__)


@operation(internal=True)
async def record_entries(
    context: Context, machine: str, journal: str, entries: Annotated[list[JournalEntry], Field(max_length=BATCH)]
) -> Work[Recorded]:
    """Store lines of a runner's journal, and what follows from them. Those that are stored already are passed over."""
    notes = {
        line.seq: await notices.of_silence(context, line.run, line.entry.message_ids)
        for line in entries
        if isinstance(line.entry, State) and line.entry.message_ids
    }

    def work(tx: Transaction) -> Recorded:
        stored = _stored(tx, machine, journal)
        new = sorted((line for line in entries if line.seq > stored), key=lambda line: line.seq)
        if not new:
            return Recorded(stored=stored)
        _take(context, tx, machine, new)
        for line in new:
            send_notes(tx, notes.get(line.seq, []))
        machines.set_reported(tx, machine, new[-1].seq, context.now())
        return Recorded(stored=new[-1].seq)

    return work


def _stored(tx: Transaction, machine: str, journal: str) -> int:
    """Up to which number a journal is stored.

    Raises:
        NotFound: the machine does not keep this journal, or is trusted no longer.
    """
    row = machines.machine(tx, machine)
    if row is None or row["journal"] != journal or row["revoked_at"] is not None:
        raise NotFound(f"journal: this is not the journal of machine '{machine}'; connect anew.", code="other_journal")
    number: int = row["reported"]
    return number


def _take(context: Context, tx: Transaction, machine: str, lines: Sequence[JournalEntry]) -> None:
    """Add lines to their runs, in their order."""
    own: dict[int, list[JournalEntry]] = {}
    for line in lines:
        own.setdefault(line.run, []).append(line)
    for run_id, told in own.items():
        row = queries.run(tx, run_id)
        if row is None or row["machine"] != machine:
            log.warning("machine %s tells of run %d, which is not one of its own", machine, run_id)
            continue
        is_used = any(isinstance(line.entry, Used) for line in told)
        doing = tasks.doing(tx, row["agent"]) if is_used else None
        _fold(context, tx, Fold(row, context.now(), doing), told)


def _fold(context: Context, tx: Transaction, fold: Fold, lines: Sequence[JournalEntry]) -> None:
    """Add lines to their run, and tell of what has become of it."""
    rows, turns = [], []
    for line in lines:
        if isinstance(line.entry, TurnWritten):
            turns += [(message_id, fold.id, line.seq) for message_id in line.entry.message_ids]
            fold.bring(queries.closed_channels(tx, line.entry.message_ids))
        at, data = fold.add(line.entry, line.at), line.entry.model_dump_json()
        rows.append((fold.id, line.seq, at, line.entry.kind, data, fold.channels_of(line.entry)))
    queries.add_entries(tx, rows)
    if turns:
        queries.add_turns(tx, turns)
    fold.values["entries"] += len(rows)
    kept = context.settings(PLUGIN).run_entries
    if fold.values["entries"] > kept * SLACK:
        fold.values["entries"] -= queries.keep_entries(tx, fold.id, kept)
    concluding.conclude(context, tx, fold)
    tx.on_commit(lambda: notices.happened(context.team, fold.id))
