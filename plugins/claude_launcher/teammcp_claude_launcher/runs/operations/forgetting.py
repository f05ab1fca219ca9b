"""Forgetting what happened in runs that ended long ago; the runs themselves stay."""

from __future__ import annotations

from teammcp import Context, Transaction, Work, operation

from ...settings import PLUGIN
from .. import queries
from ..models import Forgotten

BATCH = 20
DAY = 86_400_000


@operation(internal=True)
async def forget_runs(context: Context) -> Work[Forgotten]:
    """Delete the entries of some runs that ended longer ago than they are to be kept."""
    before = context.now() - context.settings(PLUGIN).keep_days * DAY

    def work(tx: Transaction) -> Forgotten:
        found = queries.forgettable(tx, before, BATCH)
        if found:
            queries.forget_entries(tx, found)
        return Forgotten(runs=len(found), more=len(found) == BATCH)

    return work
