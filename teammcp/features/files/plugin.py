"""What files contributes: its hook implementations."""

from __future__ import annotations

import asyncio
from typing import Any

from ...plugins.hookspecs import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from .events import EVENT_KINDS
from .operations import files, folders
from .pages import PAGES
from .removal import remove_unused
from .store import FileStore


@hookimpl
def register_operations() -> list[Any]:
    return [
        files.upload_file,
        files.list_files,
        files.get_file,
        files.download_file,
        files.get_file_preview,
        files.move_file,
        files.delete_file,
        folders.create_folder,
        folders.list_folders,
        folders.rename_folder,
        folders.delete_folder,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("files", __package__)


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    store = FileStore(team.folder)
    await asyncio.to_thread(store.clear_incoming)
    team.server.background(_sweep(team, store))


async def _sweep(team: Team, store: FileStore) -> None:
    """Remove the bytes that a crash has left without a row."""
    found = await asyncio.to_thread(store.digests)
    for start in range(0, len(found), 500):  # in small works: senders wait for none of them
        await remove_unused(team, found[start : start + 500])
