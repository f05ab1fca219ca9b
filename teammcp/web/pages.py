"""What plugins contribute to the dashboard: pages, themes, and what stands at messages."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from ..members.directory import Access

View = Callable[..., Awaitable[Any]]
OVERRIDES = "overrides"
FOLDERS = ("templates", "static", "locale", OVERRIDES)
"""What a package holds for its pages."""


@dataclass(frozen=True)
class Page:
    """One route of the dashboard. Contribute it with the hook ``register_pages``.

    The view is ``async view(context, request, **url_arguments)``; it returns a string of HTML or a response, and lets
    a `TeamError` pass to have it shown as a page. Templates and translations are taken from the folders ``templates``
    and ``locale``, style sheets and scripts from ``static``: those of the view's package or, where it has none of them,
    of the nearest package around it that has.

    Attributes:
        path: a Quart rule, as in ``"/things/<int:id>"``.
        view: see above.
        methods: the HTTP methods it answers. Every POST is checked for its CSRF token before the view is called.
        access: least access level; ``anonymous`` pages are shown to whoever is not logged in, too.
        label: its name in the navigation, untranslated; a page without one is not listed there.
        icon: name of a symbol of ``static/icons.svg``.
        order: its place in the navigation, smaller first.
        badge: its entry in the navigation shows how much waits, as the hook ``notices`` counts it: what has this name
            there, or one of these with spaces between; with True all of it.
        badge_on: the kinds of events that change what the badges show.
        uploads: its forms may hold files, up to the setting ``max_file``.
        csp: directives of its Content-Security-Policy in place of the dashboard's, as in
            ``{"style-src": "'self' 'unsafe-inline'"}`` for a script that sets styles. The others stay as they are.
    """

    path: str
    view: View
    methods: tuple[str, ...] = ("GET",)
    access: Access = Access.observer
    label: str | None = None
    icon: str = "puzzle"
    order: int = 100
    badge: bool | str = False
    badge_on: tuple[str, ...] = ()
    uploads: bool = False
    csp: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def package(self) -> str:
        """The package whose folders hold the page's templates, translations and static files."""
        return package_of(str(self.view.__module__))

    def folder(self, name: str) -> Traversable:
        """One of those folders; it need not exist."""
        return files(self.package) / name


def package_of(module: str) -> str:
    """The package whose folders serve what a module shows: the module itself, if it is a package, or one around it."""
    is_package = hasattr(sys.modules.get(module), "__path__")
    return home_of(module if is_package else module.rpartition(".")[0])


@cache
def home_of(package: str) -> str:
    """The package whose folders serve the pages in ``package``: itself, or the nearest around it that has any."""
    around = package
    while around and not any((files(around) / name).is_dir() for name in FOLDERS):
        around = around.rpartition(".")[0]
    return around or package


@dataclass(frozen=True)
class MessageAction:
    """An entry of every message's menu. Contribute it with the hook ``register_message_actions``.

    Attributes:
        label: what it does, untranslated.
        path: where it leads; ``{id}`` in it stands for the message's id, as in ``"/tasks/new?message={id}"``. If that
            page has a block ``dialog``, the block is opened over the messages.
        icon: name of a symbol of ``static/icons.svg``.
        access: least access level.
    """

    label: str
    path: str
    icon: str = "puzzle"
    access: Access = Access.member


@dataclass(frozen=True)
class MessageLink:
    """Something that belongs to a message and is shown under it. See the hook ``message_links``.

    Attributes:
        label: what is shown, translated.
        path: where it leads.
        icon: name of a symbol of ``static/icons.svg``.
    """

    label: str
    path: str
    icon: str = "link"


Place = Literal["home", "agent", "task", "message", "work"]


@dataclass(frozen=True)
class Panel:
    """A part of a page that is not the plugin's own. Contribute it with the hook ``register_panels``.

    A panel that fails, or takes more than two seconds, shows nothing; it is counted against its plugin.

    Attributes:
        place: the page: ``home`` is the start page, ``agent`` a member's profile, ``task`` a task's page; a panel at
            ``message`` stands under messages; one at ``work`` stands where it is shown what came of something that
            a member was asked.
        name: one word that no other panel of the plugin has.
        view: ``async view(context, subject)`` gives the variables for the template, or None to show nothing. The
            subject is None at home, an ``AgentProfile``, a ``TaskDetail``; at work it is the id of the message in which
            it was asked, which the reader need not be allowed to read. At messages it is the list of all
            ``Message`` that are shown, and the answer is ``{message.id: variables}`` for those that have something.
        template: the template, from the folder ``templates`` beside the view's module.
        title: its heading, untranslated. At messages there is none.
        access: the least access level of those who see it.
        order: its place among others, smaller first.
        refresh_on: the kinds of events after which it is drawn anew on open pages. At messages it is those that have
            ``message_id`` in their data.
    """

    place: Place
    name: str
    view: Callable[..., Awaitable[Mapping[Any, Any] | None]]
    template: str
    title: str = ""
    access: Access = Access.observer
    order: int = 100
    refresh_on: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The package whose folders hold its template and translations."""
        return package_of(self.view.__module__)


@dataclass(frozen=True)
class Contributed:
    """A panel, and whose it is."""

    plugin: str
    panel: Panel

    @property
    def id(self) -> str:
        """Of its element on the page."""
        return f"panel-{self.plugin}-{self.panel.name}"


@dataclass(frozen=True)
class Theme:
    """A look. Contribute it with the hook ``register_themes``; the setting ``theme`` chooses one.

    Attributes:
        name: what the setting names.
        package: the package that holds the files.
        styles: style sheets in the package's folder ``static``, loaded after the dashboard's own.
        templates: a folder of the package with templates that stand in for those of the same name, or None.
    """

    name: str
    package: str
    styles: tuple[str, ...] = field(default=("tokens.css",))
    templates: str | None = None

    def folder(self, name: str) -> Traversable:
        """One of the package's folders."""
        return files(self.package) / name
