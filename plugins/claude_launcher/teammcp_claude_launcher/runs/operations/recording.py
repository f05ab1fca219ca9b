"""Taking over what a runner has written down: each line of its journal once."""

from __future__ import annotations

import logging
from typing import Annotated

from pydantic import Field

from teammcp import Context, Note, NotFound, Transaction, Work, operation, send_notes

from ... import machines
from ...entries import NO_SIGN, State
from ...protocol import BATCH, JournalEntry
from ...settings import LauncherSettings
from .. import concluding, notices, queries
from ..folding import Fold
from ..models import Recorded

SLACK = 1.1
"""How many more entries of a run there may be than are kept, so that not each one drives another out."""

log = logging.getLogger(__name__)


@operation(internal=True)
async def record_entries(
    context: Context, machine: str, journal: str, entries: Annotated[list[JournalEntry], Field(max_length=BATCH)]
) -> Work[Recorded]:
    """Store lines of a runner's journal, and what follows from them. Those that are stored already are passed over."""
    silent = [line for line in entries if isinstance(line.entry, State) and line.entry.reason == NO_SIGN]
    notes = {line.seq: await notices.of_silence(context, line.run, line.seq, entries) for line in silent}

    def work(tx: Transaction) -> Recorded:
        stored = _stored(tx, machine, journal)
        new = sorted((line for line in entries if line.seq > stored), key=lambda line: line.seq)
        folds: dict[int, Fold] = {}
        for line in new:
            _take(context, tx, machine, line, folds, notes)
        for fold in folds.values():
            concluding.conclude(context, tx, fold)
        if new:
            stored = new[-1].seq
            machines.set_reported(tx, machine, stored, context.now())
        return Recorded(stored=stored)

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


def _take(
    context: Context,
    tx: Transaction,
    machine: str,
    line: JournalEntry,
    folds: dict[int, Fold],
    notes: dict[int, list[Note]],
) -> None:
    """Add one line to its run."""
    fold = folds.get(line.run)
    if fold is None:
        row = queries.run(tx, line.run)
        if row is None or row["machine"] != machine:
            log.warning("machine %s tells of run %d, which is not one of its own", machine, line.run)
            return
        fold = folds[line.run] = Fold(row, context.now())
    at = fold.add(line.entry, line.at)
    send_notes(tx, notes.get(line.seq, []))
    queries.add_entries(tx, [(line.run, line.seq, at, line.entry.kind, line.entry.model_dump_json())])
    _keep(context, tx, fold)
    tx.on_commit(lambda: notices.happened(context.team, line.run))


def _keep(context: Context, tx: Transaction, fold: Fold) -> None:
    """Count an entry, and delete the oldest where there are too many."""
    settings: LauncherSettings = context.settings("claude_launcher")
    fold.values["entries"] += 1
    if fold.values["entries"] > settings.run_entries * SLACK:
        fold.values["entries"] -= queries.keep_entries(tx, fold.id, settings.run_entries)
