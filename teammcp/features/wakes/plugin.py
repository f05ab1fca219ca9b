"""What waking contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...plugins.markers import hookimpl
from ...storage import Migration, load_migrations
from ...web import Page, Panel
from .events import EVENT_KINDS
from .operations import failing, ringing, setting, trying
from .pages import PAGES, PANELS
from .settings import WakeSettings


@hookimpl
def register_operations() -> list[Any]:
    return [
        ringing.wait_for_ring,
        ringing.note_doing,
        ringing.end_wakes,
        failing.note_failed_wake,
        trying.try_wake,
        trying.note_tried_wake,
        setting.get_wakes,
        setting.set_wakes,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("wakes", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_panels() -> list[Panel]:
    return PANELS


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[WakeSettings]:
    return WakeSettings
