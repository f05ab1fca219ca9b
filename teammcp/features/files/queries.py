"""The SQL of files, folders and the messages that carry files."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row, Transaction, marks
from ...text.folding import fold_text

FILE = "id, name, size, mime_type, sha256, channel, folder_id, uploaded_by, created_at"
FOLDER = "id, channel, parent_id, name, created_by, created_at"


def file(reader: Reader, file_id: int) -> Row | None:
    """One file."""
    return reader.one(f"SELECT {FILE} FROM files WHERE id = ?", (file_id,))  # noqa: S608


def files_in_channel(reader: Reader, channel: str, before: int, limit: int) -> list[Row]:
    """A channel's files with smaller ids than ``before``, newest first."""
    return reader.all(
        f"SELECT {FILE} FROM files WHERE channel = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (channel, before, limit),
    )


def files_in_root(reader: Reader, channel: str, before: int, limit: int) -> list[Row]:
    """Those of a channel's files that are in no folder, newest first."""
    return reader.all(
        f"SELECT {FILE} FROM files WHERE channel = ? AND folder_id IS NULL AND id < ?"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (channel, before, limit),
    )


def files_in_folder(reader: Reader, folder_id: int, before: int, limit: int) -> list[Row]:
    """A folder's files, newest first."""
    return reader.all(
        f"SELECT {FILE} FROM files WHERE folder_id = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (folder_id, before, limit),
    )


def private_files(reader: Reader, agent: str, before: int, limit: int) -> list[Row]:
    """An agent's files that are in no channel, newest first."""
    return reader.all(
        f"SELECT {FILE} FROM files WHERE channel IS NULL AND uploaded_by = ? AND id < ?"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (agent, before, limit),
    )


def insert_file(
    tx: Transaction,
    name: str,
    size: int,
    mime_type: str,
    sha256: str,
    channel: str | None,
    folder_id: int | None,
    uploaded_by: str,
    at: int,
) -> int:
    """Add a file; its id."""
    return tx.insert(
        "INSERT INTO files (name, size, mime_type, sha256, channel, folder_id, uploaded_by, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (name, size, mime_type, sha256, channel, folder_id, uploaded_by, at),
    )


def uploaded_since(reader: Reader, agent: str, since: int) -> list[Row]:
    """The size and time of what a member has uploaded after ``since``, oldest first."""
    return reader.all(
        "SELECT size, created_at FROM files WHERE uploaded_by = ? AND created_at > ? ORDER BY created_at",
        (agent, since),
    )


def move_file(tx: Transaction, file_id: int, folder_id: int | None) -> None:
    """Put a file into a folder, or outside of any."""
    tx.execute("UPDATE files SET folder_id = ? WHERE id = ?", (folder_id, file_id))


def publish_file(tx: Transaction, file_id: int, channel: str) -> None:
    """Put a file that was in no channel into one."""
    tx.execute("UPDATE files SET channel = ? WHERE id = ?", (channel, file_id))


def delete_file(tx: Transaction, file_id: int) -> None:
    """Delete a file's row, and with it what ties it to messages."""
    tx.execute("DELETE FROM files WHERE id = ?", (file_id,))


def used(reader: Reader, sha256: str) -> bool:
    """Whether any file has these bytes."""
    return reader.value("SELECT 1 FROM files WHERE sha256 = ? LIMIT 1", (sha256,)) is not None


# -- folders -------------------------------------------------------------------------------------------------


def folder(reader: Reader, folder_id: int) -> Row | None:
    """One folder."""
    return reader.one(f"SELECT {FOLDER} FROM folders WHERE id = ?", (folder_id,))  # noqa: S608


def folders(reader: Reader, channel: str) -> list[Row]:
    """All folders of a channel, by name."""
    rows = reader.all(f"SELECT {FOLDER} FROM folders WHERE channel = ? ORDER BY id", (channel,))  # noqa: S608
    return sorted(rows, key=lambda row: fold_text(row["name"]))


def folder_taken(reader: Reader, channel: str, parent_id: int | None, name: str) -> bool:
    """Whether there is a folder of this name in that place."""
    return (
        reader.value(
            "SELECT 1 FROM folders WHERE channel = ? AND COALESCE(parent_id, 0) = ? AND name = ?",
            (channel, parent_id or 0, name),
        )
        is not None
    )


def count_folders(reader: Reader, channel: str) -> int:
    """How many folders a channel has."""
    return int(reader.value("SELECT count(*) FROM folders WHERE channel = ?", (channel,)))


def insert_folder(tx: Transaction, channel: str, parent_id: int | None, name: str, by: str, at: int) -> int:
    """Add a folder; its id."""
    return tx.insert(
        "INSERT INTO folders (channel, parent_id, name, created_by, created_at) VALUES (?, ?, ?, ?, ?)",
        (channel, parent_id, name, by, at),
    )


def rename_folder(tx: Transaction, folder_id: int, name: str) -> None:
    """Give a folder another name."""
    tx.execute("UPDATE folders SET name = ? WHERE id = ?", (name, folder_id))


def empty_folder(tx: Transaction, folder_id: int) -> int:
    """Put a folder's files outside of any; how many there were."""
    return tx.execute("UPDATE files SET folder_id = NULL WHERE folder_id = ?", (folder_id,))


def delete_folder(tx: Transaction, folder_id: int) -> None:
    """Delete a folder that holds nothing."""
    tx.execute("DELETE FROM folders WHERE id = ?", (folder_id,))


# -- messages ------------------------------------------------------------------------------------------------


def link(tx: Transaction, message_id: int, file_ids: Sequence[int]) -> None:
    """Tie files to a message."""
    tx.execute_many(
        "INSERT INTO file_messages (message_id, file_id) VALUES (?, ?)",
        [(message_id, file_id) for file_id in file_ids],
    )


def unlink(tx: Transaction, message_id: int) -> None:
    """Take all files from a message."""
    tx.execute("DELETE FROM file_messages WHERE message_id = ?", (message_id,))


def carried(reader: Reader, message_id: int) -> list[Row]:
    """The files of one message."""
    return reader.all(
        f"SELECT {FILE} FROM files WHERE id IN (SELECT file_id FROM file_messages WHERE message_id = ?)",  # noqa: S608
        (message_id,),
    )


def messages_with(reader: Reader, file_id: int) -> list[int]:
    """The ids of the messages that carry a file."""
    rows = reader.all("SELECT message_id FROM file_messages WHERE file_id = ?", (file_id,))
    return [row["message_id"] for row in rows]


def files_of(reader: Reader, message_ids: Sequence[int]) -> list[Row]:
    """The files of some messages: message_id and the columns of files, in the order of both ids."""
    if not message_ids:
        return []
    return reader.all(
        f"SELECT m.message_id, f.id, f.name, f.size, f.mime_type"  # noqa: S608
        f" FROM file_messages m JOIN files f ON f.id = m.file_id WHERE m.message_id IN ({marks(message_ids)})"
        " ORDER BY m.message_id, f.id",
        tuple(message_ids),
    )
