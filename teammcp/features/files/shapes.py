"""From rows to public files and folders, and the events that tell of files."""

from __future__ import annotations

from ...operations import Context
from ...storage import Row, Transaction
from .events import FileEvent
from .models import FileMeta, Folder


def emit_file(context: Context, tx: Transaction, kind: FileEvent, row: Row) -> FileMeta:
    """Append the event that tells of a file to whoever may read it."""
    meta = meta_of(row)
    audience = [row["uploaded_by"]] if row["channel"] is None else None
    context.emit(tx, kind.of(meta), row["id"], channel=row["channel"], agents=audience)
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


def folder_of(row: Row) -> Folder:
    """The public shape of a row."""
    return Folder(
        id=row["id"],
        name=row["name"],
        channel=row["channel"],
        parent_id=row["parent_id"],
        created_by=row["created_by"],
        created_at=row["created_at"],
    )
