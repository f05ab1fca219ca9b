"""Languages of the dashboard: gettext catalogues, and which one a request gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from functools import cached_property
from gettext import NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel.support import Translations

from ..server import Host, StateKey

LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULT = "en"

_NONE = NullTranslations()
_current: ContextVar[NullTranslations] = ContextVar("translations", default=_NONE)


class Catalogues:
    """The translations of the core and of every plugin that brings some.

    Each plugin has a catalogue of its own: on its pages its words mean what it says, on those of others what they say,
    and the core's words mean the same everywhere.

    Args:
        folders: by package, the folder ``locale`` of each that has pages.
    """

    def __init__(self, folders: Mapping[str, Traversable]) -> None:
        self._folders = {"": files("teammcp") / "locale", **folders}

    @cached_property
    def _catalogues(self) -> dict[str, dict[str, Translations]]:
        """By language and package. Read with the first page, because no start needs them."""
        found: dict[str, dict[str, Translations]] = {language: {} for language in LANGUAGES}
        for package, folder in self._folders.items():
            for language, catalogues in found.items():
                if (catalogue := _read(folder, language)) is not None:
                    catalogues[package] = catalogue
        return found

    @cached_property
    def _chains(self) -> dict[tuple[str, str], NullTranslations]:
        return {}

    def of(self, language: str, package: str) -> NullTranslations:
        """The words on the pages of a package: the core's, then its own, then those of others, in their order."""
        chain = self._chains.get((language, package))
        if chain is None:
            catalogues = self._catalogues[language]
            chain = NullTranslations()
            for name in dict.fromkeys(["", package, *catalogues]):
                if name in catalogues:
                    chain.add_fallback(copy(catalogues[name]))  # a copy, for what follows it is kept in it
            self._chains[language, package] = chain
        return chain

    def use(self, language: str, package: str) -> None:
        """Translate into ``language`` for the rest of this request, which is for a page of ``package``."""
        _current.set(self.of(language, package))


CATALOGUES: StateKey[Catalogues] = StateKey("web.catalogues", lambda: Catalogues({}))
"""Those of a server."""


@contextmanager
def speaking(server: Host, language: str) -> Iterator[None]:
    """Translate into ``language`` within: for what is written to somebody outside of any request."""
    before = _current.set(server.state[CATALOGUES].of(language, ""))
    try:
        yield
    finally:
        _current.reset(before)


def _read(folder: Traversable, language: str) -> Translations | None:
    compiled = folder / language / "LC_MESSAGES" / "messages.mo"
    if not compiled.is_file():
        return None
    with compiled.open("rb") as file:
        return Translations(file)


def gettext(message: str, /, **values: object) -> str:
    """The message in the request's language; ``%(name)s`` in it stands for the value of that name."""
    text = _current.get().gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """As `gettext`, in the form that fits ``number``, which is also the value ``num``."""
    return form_for(singular, plural, number) % {"num": number, **values}


def form_for(singular: str, plural: str, number: int) -> str:
    """The one of two forms that fits ``number``, in the request's language, its values not put in yet."""
    return _current.get().ngettext(singular, plural, number)
