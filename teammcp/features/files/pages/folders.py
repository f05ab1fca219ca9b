"""Pages of a channel's files, folder by folder."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, render, see
from ....web.channels import sidebar
from ...channels import readable_channel
from ..models import Folder
from ..operations.folders import list_folders

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
    listed = await context.call("list_files", **arguments)
    folders = await context.call(list_folders, channel=found.id)
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


PAGES = [
    Page("/channels/<channel>/files", show_files),
    Page("/channels/<channel>/files/upload", upload, ("POST",), Access.member, uploads=True),
    Page("/channels/<channel>/folders", change_folders, ("POST",), Access.member),
]
