"""What Web Push contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from teammcp import Notifier, hookimpl
from teammcp.web import Page

from .notifier import PushNotifier
from .operations import get_push_key, make_push_key
from .pages import PAGES
from .settings import PushSettings


@hookimpl
def register_settings() -> type[BaseModel]:
    return PushSettings


@hookimpl
def register_notifiers() -> list[Notifier]:
    return [PushNotifier()]


@hookimpl
def register_operations() -> list[Any]:
    return [get_push_key, make_push_key]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES
