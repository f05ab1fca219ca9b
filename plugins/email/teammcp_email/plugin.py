"""What e-mail contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from teammcp import Migration, Notifier, hookimpl, load_migrations
from teammcp.web import Page

from . import operations
from .notifier import EmailNotifier
from .pages import PAGES
from .settings import EmailSettings


@hookimpl
def register_settings() -> type[BaseModel]:
    return EmailSettings


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("email", __package__)


@hookimpl
def register_notifiers() -> list[Notifier]:
    return [EmailNotifier()]


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.get_email_address,
        operations.request_email_address,
        operations.confirm_email_address,
        operations.get_email_status,
        operations.keep_email_code,
        operations.check_email_code,
        operations.note_email,
    ]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES
