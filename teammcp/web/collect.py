"""What plugins have contributed to the dashboard. A plugin that contributes something broken is switched off."""

from __future__ import annotations

import logging
import re

from werkzeug.routing import Map

from ..plugins import PluginManager
from .pages import MessageAction, Page, Theme
from .routing import PageRule

log = logging.getLogger(__name__)

DIRECTIVE, VALUE = re.compile("[a-z-]+"), re.compile(r"[ -+\--:<-~]*")
"""Of a Content-Security-Policy; a value ends no directive and no policy."""
RESERVED = ("/api/", "/hooks/", "/mcp", "/static/")


def collect_pages(plugins: PluginManager) -> list[Page]:
    """All pages, in the order of the navigation."""
    found: list[Page] = []
    for name, pages in plugins.collect("register_pages"):
        try:
            _check(pages, found)
        except Exception:  # noqa: BLE001 - a plugin may raise anything; fail() logs it
            plugins.fail(name)
            continue
        found += pages
    return sorted(found, key=lambda page: page.order)


def _check(pages: list[Page], before: list[Page]) -> None:
    taken = {(page.path, method) for page in before for method in page.methods}
    for page in pages:
        if not isinstance(page, Page):
            raise TypeError(f"register_pages: {page!r} is no Page")
        if not page.path.startswith("/") or page.path.startswith(RESERVED):
            raise ValueError(f"register_pages: a page's path begins with / and not with {' or '.join(RESERVED)}")
        if not all(DIRECTIVE.fullmatch(name) and VALUE.fullmatch(value) for name, value in page.csp.items()):
            raise ValueError(f"register_pages: csp of {page.path} maps names of directives to their values")
        if any((page.path, method) in taken for method in page.methods):
            raise ValueError(f"register_pages: there is a page at {page.path} already")
        Map([PageRule(page.path, endpoint="page")])  # raises on a rule that cannot be read
        if page.package:  # a plugin that is a single module has no folders
            page.folder("templates").is_dir()  # raises where there is no such package
        taken |= {(page.path, method) for method in page.methods}


def collect_message_actions(plugins: PluginManager) -> list[MessageAction]:
    """What can be done with a message besides what messages themselves offer."""
    found: list[MessageAction] = []
    for name, actions in plugins.collect("register_message_actions"):
        try:
            for action in actions:
                _check_message_action(action)
        except Exception:  # noqa: BLE001 - a plugin may raise anything; fail() logs it
            plugins.fail(name)
            continue
        found += actions
    return found


def _check_message_action(action: MessageAction) -> None:
    if not isinstance(action, MessageAction):
        raise TypeError(f"register_message_actions: {action!r} is no MessageAction")
    if not action.path.startswith("/"):
        raise ValueError("register_message_actions: an action's path begins with /")


def find_theme(plugins: PluginManager, wanted: str) -> Theme | None:
    """The theme of that name. Without it the dashboard is plain, and usable."""
    themes: list[Theme] = []
    for name, contributed in plugins.collect("register_themes"):
        try:
            for theme in contributed:
                _check_theme(theme)
        except Exception:  # noqa: BLE001 - a plugin may raise anything; fail() logs it
            plugins.fail(name)
            continue
        themes += contributed
    found = next((theme for theme in themes if theme.name == wanted), None)
    if found is None:
        names = ", ".join(theme.name for theme in themes) or "none"
        log.warning("there is no theme called %s (installed: %s); the pages are plain", wanted, names)
    return found


def _check_theme(theme: Theme) -> None:
    if not isinstance(theme, Theme):
        raise TypeError(f"register_themes: {theme!r} is no Theme")
    missing = [style for style in theme.styles if not (theme.folder("static") / style).is_file()]
    if missing:
        raise ValueError(f"register_themes: {theme.package} has no static/{missing[0]}")
    if theme.templates is not None and not theme.folder(theme.templates).is_dir():
        raise ValueError(f"register_themes: {theme.package} has no folder {theme.templates}")
