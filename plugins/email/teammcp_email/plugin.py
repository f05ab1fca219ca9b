"""What e-mail contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from teammcp import Migration, Notifier, Service, hookimpl, load_migrations
from teammcp.web import Page

from . import imap
from .notifier import EmailNotifier
from .operations import addresses, replies
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
        addresses.get_email_address,
        addresses.request_email_address,
        addresses.confirm_email_address,
        addresses.get_email_status,
        addresses.keep_email_code,
        addresses.check_email_code,
        addresses.note_email,
        replies.make_reply_key,
        replies.receive_email,
        replies.settle_email,
    ]


@hookimpl
def register_services() -> list[Service]:
    return [Service("email.replies", imap.fetch, per_team=True)]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES
