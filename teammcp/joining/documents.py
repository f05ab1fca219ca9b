"""JSON and TOML files of programs: a value is put in or taken out, and everything else stays as it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from functools import wraps
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from ..errors import InvalidInput
from . import jsonc

Format = Literal["json", "jsonc", "toml"]
Keys = tuple[str | int, ...]
EMPTY = "{}\n"

F = TypeVar("F", bound=Callable[..., Any])


class Document(Protocol):
    """A file's text as a tree of values."""

    def get(self, keys: Keys) -> Any:
        """What is at a path; None for nothing."""

    def set(self, keys: Keys, value: Any) -> None:
        """Put a value there."""

    def remove(self, keys: Keys) -> None:
        """Take away what is there, and the tables above it that hold nothing any more."""

    def result(self) -> str | None:
        """The text; None if nothing is left."""


def read_document(path: Path, form: Format, text: str | None) -> Document:
    """A file's text as a tree; ``text`` is None for a file that is not there.

    Raises:
        InvalidInput: it cannot be read.
    """
    return TomlDocument(path, text) if form == "toml" else JsonDocument(path, text, comments=form == "jsonc")


def merge(document: Document, keys: Keys, value: Any, kept: frozenset[str] = frozenset()) -> None:
    """Put a value there, and leave what else stands in tables that both have.

    Args:
        kept: keys whose values stay as they are where they are there already.
    """
    there = document.get(keys)
    if not isinstance(value, Mapping) or not isinstance(there, Mapping):
        if there != value or type(there) is not type(value):
            document.set(keys, value)
        return
    for key, item in value.items():
        if not (key in kept and key in there):
            merge(document, (*keys, key), item, kept)


def _unfit(path: Path) -> InvalidInput:
    return InvalidInput(f"{path} has another shape than this client's file should have, so it was left alone.")


def _unreadable(path: Path, form: str, error: ValueError) -> InvalidInput:
    return InvalidInput(
        f"{path} cannot be read as {form}, so it was left alone: {error}. "
        "Mend it, or move it out of the way, and try again."
    )


class JsonDocument:
    """A JSON file; with comments where its program takes them."""

    def __init__(self, path: Path, text: str | None, *, comments: bool = False) -> None:
        self._path = path
        try:
            self._document = jsonc.Document(text if text and text.strip() else EMPTY, comments=comments)
        except ValueError as error:
            raise _unreadable(path, "JSON", error) from None
        if not isinstance(self._document.value, dict):
            raise _unfit(path)

    def get(self, keys: Keys) -> Any:
        found = self._document.find(keys)
        return None if found is None else found.value

    def set(self, keys: Keys, value: Any) -> None:
        self._fitting(lambda: self._document.set(keys, value))

    def append(self, keys: Keys, value: Any) -> None:
        """Add a value to the list that is there."""
        self._fitting(lambda: self._document.append(keys, value))

    def list(self, keys: Keys) -> list[Any]:
        """The list that is there; an empty one if there is none.

        Raises:
            InvalidInput: there is something else.
        """
        found = self.get(keys)
        if not isinstance(found, list | None):
            raise _unfit(self._path)
        return found or []

    def remove(self, keys: Keys) -> None:
        if not self._document.remove(keys):
            return
        while keys := keys[:-1]:
            if not self._document.is_bare(keys):
                break
            self._document.remove(keys)

    def result(self) -> str | None:
        return None if self._document.is_bare(()) and not self._document.has_remarks else self._document.text

    def _fitting(self, change: Callable[[], None]) -> None:
        try:
            change()
        except TypeError:
            raise _unfit(self._path) from None


def _toml_errors(method: F) -> F:
    @wraps(method)
    def call(self: TomlDocument, *arguments: Any) -> Any:
        from tomlkit.exceptions import TOMLKitError

        try:
            return method(self, *arguments)
        except (TOMLKitError, ValueError) as error:
            raise _unreadable(self.path, "TOML", ValueError(str(error))) from None

    return call  # type: ignore[return-value]


class TomlDocument:
    """A TOML file."""

    def __init__(self, path: Path, text: str | None) -> None:
        self.path = path
        self._crlf = "\r\n" in (text or "") and not re.search(r"(?<!\r)\n", text or "")
        self._read(text)

    @_toml_errors
    def _read(self, text: str | None) -> None:
        import tomlkit

        self._document = tomlkit.parse(text or "")

    @_toml_errors
    def get(self, keys: Keys) -> Any:
        place: Any = self._document
        for key in keys:
            place = place.get(key) if isinstance(place, Mapping) else None
        return place.unwrap() if hasattr(place, "unwrap") else place

    @_toml_errors
    def set(self, keys: Keys, value: Any) -> None:
        place: Any = self._document
        for key in keys[:-1]:
            place = self._table(place.setdefault(key, {}))
        place[keys[-1]] = value

    @_toml_errors
    def remove(self, keys: Keys) -> None:
        places: list[Any] = [self._document]
        for key in keys[:-1]:
            if not isinstance(places[-1], Mapping) or key not in places[-1]:
                return
            places.append(places[-1][key])
        if isinstance(places[-1], MutableMapping) and keys[-1] in places[-1]:
            del places[-1][keys[-1]]
            for parent, key in zip(reversed(places[:-1]), reversed(keys[:-1]), strict=True):
                if not parent[key]:
                    del parent[key]

    @_toml_errors
    def result(self) -> str | None:
        import tomlkit

        text = tomlkit.dumps(self._document)
        if self._crlf:
            text = re.sub(r"(?<!\r)\n", "\r\n", text)
        return text if text.strip() else None

    def _table(self, value: Any) -> MutableMapping[str, Any]:
        if not isinstance(value, MutableMapping):
            raise _unfit(self.path)
        return value
