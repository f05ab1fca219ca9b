"""Folders: create, list, rename, delete. They put a channel's files in order and change nobody's access."""

from __future__ import annotations

from typing import Any

from ....errors import Conflict, InvalidInput, NotFound
from ....operations import Context, operation
from ....storage import Reader, Row, Transaction, Work, present
from ...channels import ChannelRef, ensure_dm, readable_channel, writable_channel
from .. import queries
from ..events import FolderCreated, FolderDeleted, FolderEvent, FolderRenamed
from ..models import DeletedFolder, FileId, Folder, FolderList, FolderName
from ..shapes import folder_of

DEPTH = 5
FOLDERS = 500


@operation("POST /api/folders", profile="files", status=201)
async def create_folder(
    context: Context, name: FolderName, channel: ChannelRef, parent_id: FileId | None = None
) -> Work[Folder]:
    """Make a folder for a channel's files, inside another one with parent_id; at most five levels deep."""
    place = writable_channel(context, channel)

    def work(tx: Transaction) -> Folder:
        if place.is_dm:
            ensure_dm(context, tx, place.id)
        if parent_id is not None and _level(tx, in_channel(tx, parent_id, place.id, "parent_id")) >= DEPTH:
            raise InvalidInput(f"parent_id: folders go {DEPTH} levels deep; this one would be deeper.", code="too_deep")
        if queries.count_folders(tx, place.id) >= FOLDERS:
            raise Conflict(f"channel: {place.id} has {FOLDERS} folders already; delete some.", code="too_many_folders")
        _refuse_taken(tx, place.id, parent_id, name)
        folder_id = queries.insert_folder(tx, place.id, parent_id, name, context.actor.name, context.now())
        return _emit(context, tx, FolderCreated, present(queries.folder(tx, folder_id)))

    return work


@operation("GET /api/folders", profile="files", read_only=True)
async def list_folders(context: Context, channel: ChannelRef) -> FolderList:
    """List all folders of a channel's files."""
    found = readable_channel(context, channel)
    return FolderList(folders=[folder_of(row) for row in await context.read(queries.folders, found.id)])


async def _as_created(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """A folder with another name is what could have been made with it."""
    row = await context.read(_existing, arguments.folder_id)
    return [{"name": arguments.name, "channel": row["channel"], "parent_id": row["parent_id"]}]


@operation("PUT /api/folders/{folder_id}", profile="files", idempotent=True, amounts_to={"create_folder": _as_created})
async def rename_folder(context: Context, folder_id: FileId, name: FolderName) -> Work[Folder]:
    """Give a folder another name."""
    await _writable(context, folder_id)

    def work(tx: Transaction) -> Folder:
        row = _existing(tx, folder_id)
        if row["name"] == name:
            return folder_of(row)
        _refuse_taken(tx, row["channel"], row["parent_id"], name)
        queries.rename_folder(tx, folder_id, name)
        return _emit(context, tx, FolderRenamed, present(queries.folder(tx, folder_id)))

    return work


@operation("DELETE /api/folders/{folder_id}", profile="files", destructive=True)
async def delete_folder(context: Context, folder_id: FileId) -> Work[DeletedFolder]:
    """Delete a folder and those inside it. Their files stay, outside of any folder."""
    await _writable(context, folder_id)

    def work(tx: Transaction) -> DeletedFolder:
        row = _existing(tx, folder_id)
        doomed = _with_those_inside(tx, row)
        moved = 0
        for inner in reversed(doomed):
            moved += queries.empty_folder(tx, inner)
            queries.delete_folder(tx, inner)
        _emit(context, tx, FolderDeleted, row)
        return DeletedFolder(deleted_folders=len(doomed), moved_files=moved)

    return work


def in_channel(reader: Reader, folder_id: int, channel: str, field: str = "folder_id") -> Row:
    """The folder, which must be one of that channel's.

    Raises:
        NotFound: it is not.
    """
    row = queries.folder(reader, folder_id)
    if row is None or row["channel"] != channel:
        raise NotFound(f"{field}: there is no folder {folder_id} in {channel}.", code="folder_not_found")
    return row


async def _writable(context: Context, folder_id: int) -> None:
    """Check that the actor may change a folder; one that it may not read does not exist for it."""
    row = await context.read(queries.folder, folder_id)
    if row is None or not context.team.directory.can_read(context.actor.name, row["channel"]):
        raise _unknown(folder_id)
    writable_channel(context, row["channel"])


def _existing(tx: Reader, folder_id: int) -> Row:
    row = queries.folder(tx, folder_id)
    if row is None:  # deleted since it was looked up
        raise _unknown(folder_id)
    return row


def _unknown(folder_id: int) -> NotFound:
    return NotFound(f"folder_id: there is no folder {folder_id} that you may read.", code="folder_not_found")


def _level(reader: Reader, row: Row) -> int:
    """How deep a folder is; 1 for those outside of any other."""
    level = 1
    while row["parent_id"] is not None:
        row = present(queries.folder(reader, row["parent_id"]))
        level += 1
    return level


def _refuse_taken(tx: Transaction, channel: ChannelRef, parent_id: int | None, name: str) -> None:
    if queries.folder_taken(tx, channel, parent_id, name):
        raise Conflict(f"name: there is a folder '{name}' in that place already.", code="folder_exists")


def _with_those_inside(reader: Reader, row: Row) -> list[int]:
    """A folder and all folders inside it, each after the one it is in."""
    children: dict[int | None, list[int]] = {}
    for folder in queries.folders(reader, row["channel"]):
        children.setdefault(folder["parent_id"], []).append(folder["id"])
    found = [row["id"]]
    for folder_id in found:  # grows while it is walked
        found.extend(children.get(folder_id, []))
    return found


def _emit(context: Context, tx: Transaction, kind: FolderEvent, row: Row) -> Folder:
    folder = folder_of(row)
    context.emit(tx, kind.of(folder), folder.id, channel=folder.channel)
    return folder
