"""Files: upload, list, read, move, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from typing import Annotated

from pydantic import Field

from ....arguments.fields import Limit, Text
from ....clock import rfc3339
from ....errors import Forbidden, InvalidInput, NotFound, RateLimited, TooLarge
from ....members.directory import Access
from ....operations import Context, operation
from ....operations.budget import Budget
from ....storage import LARGEST_ID, Reader, Row, Transaction, Work, present, sha256
from ....surfaces.attachments import Attachment, Content, is_text
from ...channels import ChannelRef, ensure_dm, readable_channel, writable_channel
from .. import queries
from ..events import FileMoved, FileUploaded
from ..models import DeletedFile, FileId, FileList, FileMeta, FileName, FilePreview, Folder, media_type
from ..removal import remove
from ..shapes import emit_file, folder_of, meta_of
from .folders import in_channel

DAY = 86_400_000
PREVIEW_BYTES = 64 * 1024


@operation("POST /api/files", profile="files", everyday=True, status=201)
async def upload_file(
    context: Context,
    name: FileName,
    content: Content | None = None,
    text: Text | None = None,
    channel: ChannelRef | None = None,
    folder_id: FileId | None = None,
) -> Work[FileMeta]:
    """Upload a file: its text in text, or any bytes as base64 in content. Without a channel only you can read it.

    send_message(files) sends it along with a message.
    """
    data = _data(context, content, text)
    place = writable_channel(context, channel) if channel is not None else None
    if folder_id is not None and place is None:
        raise InvalidInput(
            "folder_id: folders belong to a channel; name it in 'channel'.", code="folder_without_channel"
        )
    await context.read(_check_quota, context, len(data))  # before the disk has it
    digest, mime_type = await asyncio.to_thread(_looked_at, name, data)
    store = context.team.files
    await store.stage(digest, data)

    def work(tx: Transaction) -> FileMeta:
        _check_quota(tx, context, len(data))
        store.put(tx, digest, data)
        if place is not None and place.is_dm:
            ensure_dm(context, tx, place.id)
        if folder_id is not None and place is not None:
            in_channel(tx, folder_id, place.id)
        where = None if place is None else place.id
        actor = context.actor.name
        file_id = queries.insert_file(tx, name, len(data), mime_type, digest, where, folder_id, actor, context.now())
        return emit_file(context, tx, FileUploaded, present(queries.file(tx, file_id)))

    return work


def _data(context: Context, content: bytes | None, text: str | None) -> bytes:
    if (content is None) == (text is None):
        raise InvalidInput.at("content", "give either the file's bytes as base64 in 'content' or its text in 'text'")
    data = content if content is not None else (text or "").encode()
    limit = context.server.settings.max_file
    if len(data) > limit:
        raise TooLarge(f"content: the file has {len(data)} bytes; the limit is {limit}.", limit=limit)
    return data


def _check_quota(reader: Reader, context: Context, size: int) -> None:
    """Make sure that the actor may upload ``size`` more bytes today."""
    limit, now = context.server.settings.member_bytes, context.now()
    rows = queries.uploaded_since(reader, context.actor.name, now - DAY)
    total = sum(row["size"] for row in rows)
    if not limit or total + size <= limit:
        return
    free = limit - total
    for row in rows:  # the oldest are forgotten first
        free += row["size"]
        if free >= size:
            wait = max(1, (row["created_at"] + DAY - now) // 1000)
            break
    else:
        raise TooLarge(f"content: the file has {size} bytes; a member may upload {limit} in a day.", limit=limit)
    raise RateLimited(
        f"content: you have uploaded {total} bytes within 24 hours; with these {size} it would be more than the "
        f"{limit} that a member may. Try again in {wait} s, or delete files that nobody needs.",
        code="upload_quota",
        retry_after=wait,
    )


def _looked_at(name: str, data: bytes) -> tuple[str, str]:
    """SHA-256 and media type."""
    return sha256(data), media_type(name, data)


@operation("GET /api/files", profile="files", everyday=True, read_only=True)
async def list_files(
    context: Context,
    channel: ChannelRef | None = None,
    folder_id: Annotated[int, Field(ge=0, lt=2**63)] | None = None,
    limit: Limit = 50,
    cursor: FileId | None = None,
) -> FileList:
    """List a channel's files, newest first; without one, your own. folder_id 0 means those in no folder."""
    if channel is None:
        if folder_id:
            raise InvalidInput("folder_id: folders belong to a channel; name it in 'channel'.")
        return await context.read(_list_private, context.budget(), context.actor.name, cursor or LARGEST_ID, limit)
    found = readable_channel(context, channel)
    return await context.read(_list, context.budget(), found.id, folder_id, cursor or LARGEST_ID, limit)


def _list(reader: Reader, budget: Budget, channel: str, folder_id: int | None, before: int, limit: int) -> FileList:
    folders = [folder_of(row) for row in queries.folders(reader, channel)]
    if folder_id is None:
        return _page(budget, queries.files_in_channel(reader, channel, before, limit + 1), folders, limit)
    inside = [folder for folder in folders if (folder.parent_id or 0) == folder_id]
    if folder_id == 0:
        return _page(budget, queries.files_in_root(reader, channel, before, limit + 1), inside, limit)
    in_channel(reader, folder_id, channel)
    return _page(budget, queries.files_in_folder(reader, folder_id, before, limit + 1), inside, limit)


def _list_private(reader: Reader, budget: Budget, agent: str, before: int, limit: int) -> FileList:
    return _page(budget, queries.private_files(reader, agent, before, limit + 1), [], limit)


def _page(budget: Budget, rows: Sequence[Row], folders: list[Folder], limit: int) -> FileList:
    files = budget.fit(meta_of(row) for row in rows[:limit])
    return FileList(files=files, folders=folders, next=files[-1].file_id if len(rows) > len(files) else None)


@operation("GET /api/files/{file_id}/meta", profile="files", read_only=True)
async def get_file(context: Context, file_id: FileId) -> FileMeta:
    """Get what is known of a file, without its content."""
    return meta_of(await _readable(context, file_id))


@operation("GET /api/files/{file_id}", profile="files", everyday=True, read_only=True)
async def download_file(context: Context, file_id: FileId) -> Attachment:
    """Get a file's content: as text if it is a text file, else as base64."""
    row = await _readable(context, file_id)
    where = f" in {row['channel']}" if row["channel"] else ""
    return Attachment(
        file_name=row["name"],
        mime_type=row["mime_type"],
        file_size=row["size"],
        open=partial(context.team.files.open, row["sha256"]),
        etag=row["sha256"],
        origin=f"file {file_id} by {row['uploaded_by']}{where}, {rfc3339(row['created_at'])[:16]}",
    )


@operation("GET /api/files/{file_id}/preview", profile="files", read_only=True, tool=False)
async def get_file_preview(context: Context, file_id: FileId) -> FilePreview:
    """Get the first 64 KiB of a text file, to look at; null for any other file."""
    row = await _readable(context, file_id)
    if not is_text(row["mime_type"]):
        return FilePreview(file=meta_of(row), preview=None, truncated=False)
    start = await _start(context, row["sha256"])
    # The cut may go through a character, and what is called text may be none: show it all the same.
    return FilePreview(file=meta_of(row), preview=start.decode(errors="replace"), truncated=row["size"] > len(start))


@operation("PUT /api/files/{file_id}/move", profile="files", idempotent=True)
async def move_file(context: Context, file_id: FileId, folder_id: FileId | None = None) -> Work[FileMeta]:
    """Put a file into a folder of its channel; without folder_id, outside of any."""
    row = await _readable(context, file_id)
    if row["channel"] is None:
        raise InvalidInput("file_id: this file is in no channel, and folders belong to a channel.")
    writable_channel(context, row["channel"])

    def work(tx: Transaction) -> FileMeta:
        _existing(tx, file_id)
        if folder_id is not None:
            in_channel(tx, folder_id, row["channel"])
        queries.move_file(tx, file_id, folder_id)
        return emit_file(context, tx, FileMoved, present(queries.file(tx, file_id)))

    return work


@operation("DELETE /api/files/{file_id}", profile="files", destructive=True)
async def delete_file(context: Context, file_id: FileId) -> Work[DeletedFile]:
    """Delete a file for good: yours, or as a manager anybody's that you may read."""
    found = await _readable(context, file_id)
    if found["uploaded_by"] != context.actor.name and context.actor.access < Access.manager:
        raise Forbidden(f"file_id: only {found['uploaded_by']} or a manager may delete this file.", code="not_yours")

    lose = await Context.inside(context.team).prepare("lose_file", file_id=file_id)

    def work(tx: Transaction) -> DeletedFile:
        row = _existing(tx, file_id)
        lose(tx)
        remove(context, tx, row)
        return DeletedFile(file_id=file_id)

    return work


async def _start(context: Context, digest: str) -> bytes:
    """The first bytes of a file."""
    start = b""
    async with aclosing(context.team.files.open(digest)) as chunks:
        async for chunk in chunks:
            start += chunk
            if len(start) >= PREVIEW_BYTES:
                break
    return start[:PREVIEW_BYTES]


async def _readable(context: Context, file_id: int) -> Row:
    """The file, if the actor may read it; one that it may not read does not exist for it."""
    row = await context.read(queries.file, file_id)
    if row is not None and _may_read(context, row):
        return row
    raise _unknown(file_id)


def _may_read(context: Context, row: Row) -> bool:
    if row["channel"] is None:
        return bool(row["uploaded_by"] == context.actor.name)
    return context.team.directory.can_read(context.actor.name, row["channel"])


def _existing(tx: Transaction, file_id: int) -> Row:
    row = queries.file(tx, file_id)
    if row is None:  # deleted since it was looked up
        raise _unknown(file_id)
    return row


def _unknown(file_id: int) -> NotFound:
    return NotFound(f"file_id: there is no file {file_id} that you may read.", code="file_not_found")
