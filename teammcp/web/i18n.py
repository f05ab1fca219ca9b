"""Languages of the dashboard: gettext catalogues, and which one a request gets."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from functools import cached_property
from gettext import NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel.support import Translations

LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULT = "en"

_NONE = NullTranslations()
_current: ContextVar[NullTranslations] = ContextVar("translations", default=_NONE)


class Catalogues:
    """The translations of the core and of every plugin that brings some, by language."""

    def __init__(self, folders: Iterable[Traversable]) -> None:
        self._folders = list(folders)

    @cached_property
    def _catalogues(self) -> dict[str, NullTranslations]:
        """Read with the first page, because no start needs them."""
        own = files("teammcp") / "locale"
        # The core's first: a catalogue that others are merged into keeps its own rule for plurals.
        catalogues = {language: _read(own, language) or NullTranslations() for language in LANGUAGES}
        for folder in self._folders:
            for language, catalogue in catalogues.items():
                found = _read(folder, language)
                if found is not None and isinstance(catalogue, Translations):
                    catalogue.merge(found)
        return catalogues

    def use(self, language: str) -> None:
        """Translate into ``language`` for the rest of this request."""
        _current.set(self._catalogues[language])


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
    return _current.get().ngettext(singular, plural, number) % {"num": number, **values}


def mark(message: str) -> str:
    """Mark a message for translation where it is written; it is translated where it is shown."""
    return message
