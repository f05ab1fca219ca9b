"""Pages of one file: what is in it, moving and deleting it, and the bytes themselves."""

from __future__ import annotations

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....surfaces.attachments import Attachment
from ....web import Page, go_back, render, send_attachment
from ....web.channels import sidebar
from ..models import FilePreview
from ..operations.files import delete_file, download_file, get_file, get_file_preview, move_file
from ..operations.folders import list_folders
from .folders import files_path


async def show_file(context: Context, request: Request, file_id: int) -> Response:
    """One file: what is known of it and, if it is text or a picture, what is in it."""
    preview: FilePreview = await context.call(get_file_preview, file_id=file_id)
    folders = []
    if preview.file.channel is not None:
        folders = (await context.call(list_folders, channel=preview.file.channel)).folders
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
    meta = await context.call(get_file, file_id=file_id)
    back = "/channels" if meta.channel is None else files_path(meta.channel)
    if "delete" in form:
        await context.call(delete_file, file_id=file_id)
        return await go_back(request, back)
    folder = form.get("folder_id", type=int) or None
    await context.call(move_file, file_id=file_id, folder_id=folder)
    return await go_back(request, f"/files/{file_id}/view")


async def send_bytes(context: Context, request: Request, file_id: int) -> Response:
    """The bytes, under headers that keep them from doing anything."""
    found: Attachment = await context.call(download_file, file_id=file_id)
    return await send_attachment(found, request)


PAGES = [
    Page("/files/<int:file_id>", send_bytes),
    Page("/files/<int:file_id>/view", show_file),
    Page("/files/<int:file_id>/change", change_file, ("POST",), Access.member),
]
