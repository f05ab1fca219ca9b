"""What parts of messages contribute: their hook implementations."""

from __future__ import annotations

from ...plugins.markers import hookimpl
from ...server import Server
from ...storage import Migration, load_migrations
from ...web import Page, Panel
from . import kinds
from .pages import PAGES, at_messages


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("parts", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_panels() -> list[Panel]:
    return [Panel("message", "parts", at_messages, "parts/parts.html", order=0, refresh_on=("message.part_checked",))]


@hookimpl(tryfirst=True)
def startup(server: Server) -> None:
    kinds.collect(server)
