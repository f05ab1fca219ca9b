"""Files as they are shown and told of, and how they go, from the list and from the disk."""

from __future__ import annotations

from collections.abc import Sequence

from ...operations import Context
from ...server import Team
from ...storage import Row, Transaction
from . import queries
from .models import FileMeta
from .store import FileStore


def remove(context: Context, tx: Transaction, row: Row) -> None:
    """Delete a file: its row, what ties it to messages, and its bytes if no other file has the same."""
    queries.delete_file(tx, row["id"])
    tell(context, tx, "file.deleted", row)
    tx.on_commit(lambda: context.server.background(remove_unused(context.team, [row["sha256"]])))


async def remove_unused(team: Team, digests: Sequence[str]) -> None:
    """Remove from disk what no file uses; in the writer, where no upload of the same bytes comes between."""
    store = FileStore(team.folder)

    def work(tx: Transaction) -> None:
        for digest in digests:
            if not queries.used(tx, digest):
                store.remove(digest)

    await team.database.write(work)


def tell(context: Context, tx: Transaction, kind: str, row: Row) -> FileMeta:
    """Append the event that tells of a file to whoever may read it."""
    meta = meta_of(row)
    audience = [row["uploaded_by"]] if row["channel"] is None else None
    context.emit(tx, kind, row["id"], channel=row["channel"], agents=audience, data=meta.model_dump(mode="json"))
    return meta


def meta_of(row: Row) -> FileMeta:
    """The public shape of a file."""
    return FileMeta(
        file_id=row["id"],
        file_name=row["name"],
        file_size=row["size"],
        mime_type=row["mime_type"],
        sha256=row["sha256"],
        created_at=row["created_at"],
        channel=row["channel"],
        uploaded_by=row["uploaded_by"],
        folder_id=row["folder_id"],
    )
