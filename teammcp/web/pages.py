"""What plugins contribute to the dashboard: pages, themes, and what stands at messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ..members.directory import Access

View = Callable[..., Awaitable[Any]]
FOLDERS = ("templates", "static", "locale")
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
            there, or with True all of it.
        badge_on: the kinds of events that change what the badges show.
        uploads: its forms may hold files, up to the setting ``max_file``.
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

    @property
    def package(self) -> str:
        """The package whose folders hold the page's templates, translations and static files."""
        return home_of(str(self.view.__module__).rpartition(".")[0])

    def folder(self, name: str) -> Traversable:
        """One of those folders; it need not exist."""
        return files(self.package) / name


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
