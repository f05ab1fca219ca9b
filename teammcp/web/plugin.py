"""The dashboard as a built-in plugin: its sessions, and the pages that belong to no feature."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ..members.directory import Access
from ..plugins.markers import hookimpl
from ..server.timekeeping import Countdown
from ..storage import Migration, load_migrations
from ..text.marking import mark
from . import access, home, installed, sessions
from .pages import Page


@hookimpl
def register_operations() -> list[Any]:
    return [sessions.open_session, sessions.end_sessions]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("web", __package__)


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("web_sessions", ("expires_at",), "expires_at > 0")]


@hookimpl
def register_settings() -> type[BaseModel]:
    return sessions.WebSettings


@hookimpl
def register_pages() -> list[Page]:
    anonymous = Access.anonymous
    return [
        Page("/", home.start, label=mark("Start"), icon="home", order=0),
        Page("/setup", access.set_up, ("GET", "POST"), anonymous),
        Page("/welcome", access.welcome, ("GET", "POST")),
        Page("/login", access.log_in, ("GET", "POST"), anonymous),
        Page("/logout", access.log_out, ("POST",)),
        Page("/preferences", home.set_preferences, ("POST",), anonymous),
        Page("/live", home.live),
        Page("/waiting", home.waiting),
        Page("/shortcuts", home.shortcuts),
        Page("/plugins", installed.plugins, label=mark("Plugins"), icon="puzzle", order=90),
    ]
