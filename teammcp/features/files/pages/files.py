"""Pages of files: a channel's files and folders, one file with a preview, and the bytes themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from quart import Request, Response, send_file

from .... import operations
from ....members.directory import Access
from ....operations import Context
from ....surfaces.attachments import Attachment
from ....web import Outcome, Page, form_call, go_back, render, see
from ....web.channels import sidebar
from ...channels import readable_channel
from ..models import FilePreview, Folder

PAGE = 100


def files_path(channel: str, folder: int | None = None) -> str:
    """The address of a channel's files, or of those in a folder."""
    path = f"/channels/{quote(channel, safe=':')}/files"
    return path if folder is None else f"{path}?folder={folder}"


async def show_files(context: Context, request: Request, channel: str, outcome: Outcome | None = None) -> Response:
    """A channel's files, folder by folder."""
    found = readable_channel(context, channel)
    folder = request.args.get("folder", 0, type=int)
    arguments = {"channel": found.id, "folder_id": folder, "limit": PAGE}
    if cursor := request.args.get("cursor", type=int):
        arguments["cursor"] = cursor
    listed = await operations.call(context, "list_files", arguments)
    folders = await operations.call(context, "list_folders", {"channel": found.id})
    return await render(
        context,
        "files/list.html",
        200 if outcome is None else outcome.status,
        notice=None if outcome is None else outcome.notice,
        channel=found,
        listed=listed,
        path=path_to(folders.folders, folder),
        sidebar=await sidebar(context, found.id),
        files_path=files_path,
    )


def path_to(folders: list[Folder], folder_id: int) -> list[Folder]:
    """The folders from the outermost one down to ``folder_id``; none for 0."""
    known = {folder.id: folder for folder in folders}
    path: list[Folder] = []
    current = known.get(folder_id)
    while current is not None:
        path.insert(0, current)
        current = known.get(current.parent_id or 0)
    return path


async def upload(context: Context, request: Request, channel: str) -> Response:
    """Upload the files that were chosen."""
    folder = request.args.get("folder", type=int) or None
    for file in (await request.files).getlist("files"):
        if file.filename:
            outcome = await form_call(
                context,
                "upload_file",
                name=file.filename,
                content=file.read(),
                channel=channel,
                folder_id=folder,
            )
            if not outcome.ok:
                return await show_files(context, request, channel, outcome)
    return see(files_path(channel, folder))


async def change_folders(context: Context, request: Request, channel: str) -> Response:
    """Make a folder, or rename or delete the one that is shown."""
    form = await request.form
    folder = request.args.get("folder", type=int) or None
    name = form.get("name", "")
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "create": ("create_folder", {"channel": channel, "name": name, "parent_id": folder}),
        "rename": ("rename_folder", {"folder_id": folder, "name": name}),
        "delete": ("delete_folder", {"folder_id": folder}),
    }
    change = form.get("change", "create")
    operation, arguments = calls.get(change, calls["create"])
    outcome = await form_call(context, operation, **arguments)
    if not outcome.ok:
        return await show_files(context, request, channel, outcome)
    return see(files_path(channel, None if change == "delete" else folder))


async def show_file(context: Context, request: Request, file_id: int) -> Response:
    """One file: what is known of it and, if it is text or a picture, what is in it."""
    preview: FilePreview = await operations.call(context, "get_file_preview", {"file_id": file_id})
    folders = []
    if preview.file.channel is not None:
        folders = (await operations.call(context, "list_folders", {"channel": preview.file.channel})).folders
    return await render(
        context,
        "files/file.html",
        file=preview.file,
        preview=preview,
        folders=folders,
        may_delete=preview.file.uploaded_by == context.actor.name or context.actor.access >= Access.manager,
        sidebar=await sidebar(context, preview.file.channel or ""),
        files_path=files_path,
    )


async def change_file(context: Context, request: Request, file_id: int) -> Response:
    """Move a file to another folder, or delete it."""
    form = await request.form
    meta = await operations.call(context, "get_file", {"file_id": file_id})
    back = "/channels" if meta.channel is None else files_path(meta.channel)
    if "delete" in form:
        await operations.call(context, "delete_file", {"file_id": file_id})
        return await go_back(request, back)
    folder = form.get("folder_id", type=int) or None
    await operations.call(context, "move_file", {"file_id": file_id, "folder_id": folder})
    return await go_back(request, f"/files/{file_id}/view")


async def send_bytes(context: Context, request: Request, file_id: int) -> Response:
    """The bytes, under headers that keep them from doing anything."""
    found: Attachment = await operations.call(context, "download_file", {"file_id": file_id})
    response = await send_file(found.path, mimetype=found.served_type, conditional=True)
    response.headers.update(found.headers())
    return response


CHANGES = ("POST",)

PAGES = [
    Page("/channels/<channel>/files", show_files),
    Page("/channels/<channel>/files/upload", upload, CHANGES, Access.member, uploads=True),
    Page("/channels/<channel>/folders", change_folders, CHANGES, Access.member),
    Page("/files/<int:file_id>", send_bytes),
    Page("/files/<int:file_id>/view", show_file),
    Page("/files/<int:file_id>/change", change_file, CHANGES, Access.member),
]
