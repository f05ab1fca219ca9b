"""What files contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...plugins.markers import hookimpl
from ...server import Team
from ...storage import Migration, load_migrations
from ...web import Page
from .events import EVENT_KINDS
from .operations import files, folders
from .pages import PAGES
from .removal import sweep


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
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    await team.files.clear()
    team.background(sweep(team))
