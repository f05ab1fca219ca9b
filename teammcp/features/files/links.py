"""Files and the messages that carry them: what the messages feature uses."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InvalidInput
from ...operations import Context
from ...storage import Reader, Row, Transaction
from . import queries
from .models import FileRef
from .removal import remove


def attach(tx: Transaction, file_ids: Sequence[int], message_id: int, channel: str, sender: str) -> list[FileRef]:
    """Tie files to a new message. They are in its channel, so that both have the same readers.

    A file that was its sender's alone is put there.

    Raises:
        InvalidInput: one is not there. Whether it is elsewhere is not said: the caller may not know of it.
    """
    wanted = list(dict.fromkeys(file_ids))
    found = []
    for file_id in wanted:
        row = queries.file(tx, file_id)
        if row is not None and row["channel"] is None and row["uploaded_by"] == sender:
            queries.publish_file(tx, file_id, channel)
        elif row is None or row["channel"] != channel:
            raise InvalidInput.at(
                "files",
                f"no file {file_id} in {channel}",
                detail=f"files: there is no file {file_id} in {channel}. Upload it there with upload_file first.",
                code="file_not_in_channel",
            )
        found.append(_reference(row))
    queries.link(tx, message_id, wanted)
    return found


def detach(context: Context, tx: Transaction, message_id: int, sender: str) -> None:
    """Take its files from a message that is deleted, and delete those that nothing else keeps.

    A file stays if it is somebody else's, stands in a folder, or another message carries it.
    """
    carried = queries.carried(tx, message_id)
    queries.unlink(tx, message_id)
    for row in carried:
        if row["uploaded_by"] == sender and row["folder_id"] is None and not queries.messages_with(tx, row["id"]):
            remove(context, tx, row)


def only_with(reader: Reader, file_id: int) -> list[int]:
    """The ids of the messages that carry this file and no other."""
    return [found for found in queries.messages_with(reader, file_id) if len(queries.carried(reader, found)) == 1]


def files_of(reader: Reader, message_ids: Sequence[int]) -> dict[int, list[FileRef]]:
    """The files that messages carry, by message; those without any are left out."""
    found: dict[int, list[FileRef]] = {}
    for row in queries.files_of(reader, message_ids):
        found.setdefault(row["message_id"], []).append(_reference(row))
    return found


def _reference(row: Row) -> FileRef:
    return FileRef(file_id=row["id"], file_name=row["name"], file_size=row["size"], mime_type=row["mime_type"])
