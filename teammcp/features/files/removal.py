"""How files go, from the list and from the disk."""

from __future__ import annotations

from collections.abc import Sequence

from ...operations import Context
from ...server import Team
from ...storage import Row, Transaction
from . import queries
from .shapes import emit_file
from .store import FileStore


def remove(context: Context, tx: Transaction, row: Row) -> None:
    """Delete a file: its row, what ties it to messages, and its bytes if no other file has the same."""
    queries.delete_file(tx, row["id"])
    emit_file(context, tx, "file.deleted", row)
    tx.on_commit(lambda: context.server.background(remove_unused(context.team, [row["sha256"]])))


async def remove_unused(team: Team, digests: Sequence[str]) -> None:
    """Remove from disk what no file uses; in the writer, where no upload of the same bytes comes between."""
    store = FileStore(team.folder)

    def work(tx: Transaction) -> None:
        for digest in digests:
            if not queries.used(tx, digest):
                store.remove(digest)

    await team.database.write(work)
