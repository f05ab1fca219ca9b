"""What files contributes: its hook implementations."""

from __future__ import annotations

import asyncio
from typing import Any

from ...plugins.hookspecs import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from .events import EVENT_KINDS
from .operations import files as operations
from .operations import folders
from .pages import files as pages
from .removal import remove_unused
from .store import FileStore


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.upload_file,
        operations.list_files,
        operations.get_file,
        operations.download_file,
        operations.get_file_preview,
        operations.move_file,
        operations.delete_file,
        folders.create_folder,
        folders.list_folders,
        folders.rename_folder,
        folders.delete_folder,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


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
