"""How files go, from the list and from the disk."""

from __future__ import annotations

from collections.abc import Sequence

from ...operations import Context
from ...server import Team
from ...storage import Row, Transaction
from . import queries
from .events import FileDeleted
from .shapes import emit_file


def remove(context: Context, tx: Transaction, row: Row) -> None:
    """Delete a file: its row, what ties it to messages, and its bytes if no other file has the same."""
    queries.delete_file(tx, row["id"])
    emit_file(context, tx, FileDeleted, row)
    tx.on_commit(lambda: context.team.background(remove_unused(context.team, [row["sha256"]])))


async def remove_unused(team: Team, digests: Sequence[str]) -> None:
    """Remove from disk what no file uses; in the writer, where no upload of the same bytes comes between."""

    def work(tx: Transaction) -> None:
        for digest in digests:
            if not queries.used(tx, digest):
                team.files.remove(tx, digest)

    await team.database.write(work)


async def sweep(team: Team) -> None:
    """Remove the bytes that a crash has left without a row."""
    digests = await team.files.digests()
    for start in range(0, len(digests), 500):  # in small works: senders wait for none of them
        await remove_unused(team, digests[start : start + 500])
