"""Parts of other programs' files: each can be put into a file's text and taken out again, and leaves the rest alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..errors import InvalidInput


class Part(Protocol):
    """Something of ours in a file."""

    @property
    def path(self) -> Path:
        """The file."""

    def put(self, text: str | None) -> str:
        """The file's text with this part; ``text`` is None for a file that is not there."""

    def take(self, text: str) -> str | None:
        """The file's text without this part; None if nothing else was in it."""


@dataclass(frozen=True)
class Entry:
    """A value at a path of keys in a JSON or TOML file."""

    path: Path
    keys: tuple[str, ...]
    value: Any

    def put(self, text: str | None) -> str:
        document = _parse(self.path, text)
        place = _reach(document, self.keys[:-1], self.path)
        if place.get(self.keys[-1]) == self.value and text is not None:
            return text
        place[self.keys[-1]] = self.value
        return _text(self.path, document)

    def take(self, text: str) -> str | None:
        return _without(self.path, text, self.keys[:-1], lambda place: place.pop(self.keys[-1], None) is not None)

    def found(self, text: str | None) -> Any:
        """What stands there now; None for nothing."""
        place = _parse(self.path, text)
        for key in self.keys:
            place = place.get(key) if isinstance(place, MutableMapping) else None
        return place


@dataclass(frozen=True)
class Item:
    """A text in a list of texts in a JSON file, such as a permission."""

    path: Path
    keys: tuple[str, ...]
    item: str

    def put(self, text: str | None) -> str:
        document = _parse(self.path, text)
        items = _list(_reach(document, self.keys[:-1], self.path), self.keys[-1], self.path)
        if self.item in items and text is not None:
            return text
        items.append(self.item)
        return _text(self.path, document)

    def take(self, text: str) -> str | None:
        def remove(place: MutableMapping[str, Any]) -> bool:
            items = place.get(self.keys[-1])
            if not isinstance(items, list) or self.item not in items:
                return False
            items.remove(self.item)
            if not items:
                del place[self.keys[-1]]
            return True

        return _without(self.path, text, self.keys[:-1], remove)


@dataclass(frozen=True)
class Hooks:
    """Commands and addresses that a program calls at its events, in the ``hooks`` of a JSON file.

    Attributes:
        hooks: event -> the one hook of ours. Ours are recognised by what they call, so that an old one is replaced.
    """

    path: Path
    hooks: Mapping[str, Mapping[str, Any]]

    def put(self, text: str | None) -> str:
        document = _parse(self.path, text)
        place = _reach(document, ("hooks",), self.path)
        for event, hook in self.hooks.items():
            groups = _list(place, event, self.path)
            groups[:] = [*(group for group in groups if not _is_ours(group)), {"hooks": [dict(hook)]}]
        return text if text is not None and _parse(self.path, text) == document else _text(self.path, document)

    def take(self, text: str) -> str | None:
        def remove(place: MutableMapping[str, Any]) -> bool:
            ours = {event: groups for event, groups in place.items() if isinstance(groups, list)}
            found = False
            for event, groups in ours.items():
                others = [group for group in groups if not _is_ours(group)]
                found = found or len(others) < len(groups)
                place[event] = others
                if not others:
                    del place[event]
            return found

        return _without(self.path, text, ("hooks",), remove)


def events_of_ours(path: Path, text: str | None, address: str) -> set[str]:
    """The events at which a program's file has a hook of ours that calls an address with this end.

    ``text`` is None for a file that is not there.
    """
    hooks = _table(_table(_parse(path, text), path).get("hooks", {}), path)
    return {
        event
        for event, groups in hooks.items()
        if isinstance(groups, list) and any(_calls(group, address) for group in groups)
    }


def _calls(group: Any, address: str) -> bool:
    return _is_ours(group) and any(str(hook.get("url", "")).endswith(address) for hook in group["hooks"])


def _is_ours(group: Any) -> bool:
    hooks = group.get("hooks", []) if isinstance(group, dict) else []
    return any(
        "/api/hooks/" in str(hook.get("url", "")) or "teammcp hook " in str(hook.get("command", ""))
        for hook in hooks
        if isinstance(hook, dict)
    )


BEGIN = "<!-- teammcp: this part is written by 'teammcp join' and removed by 'teammcp leave' -->"
END = "<!-- /teammcp -->"
_SECTION = re.compile(rf"\n*{re.escape(BEGIN)}.*?{re.escape(END)}\n?", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A section between markers in a text that people write, such as AGENTS.md."""

    path: Path
    body: str

    def put(self, text: str | None) -> str:
        section = f"{BEGIN}\n{self.body.strip()}\n{END}\n"
        if not text:
            return section
        if _SECTION.search(text) is None:
            return f"{text.rstrip()}\n\n{section}"
        found = _SECTION.sub(lambda _: f"\n\n{section}", text, count=1)
        return found.lstrip("\n") if text.startswith(BEGIN) else found

    def take(self, text: str) -> str | None:
        if _SECTION.search(text) is None:
            return text
        rest = _SECTION.sub("\n", text).lstrip("\n")
        return rest or None


@dataclass(frozen=True)
class OwnFile:
    """A file that is ours alone."""

    path: Path
    body: str

    def put(self, text: str | None) -> str:
        return self.body

    def take(self, text: str) -> str | None:
        return None


# -- documents ---------------------------------------------------------------------------------------------------------


def _parse(path: Path, text: str | None) -> Any:
    toml = path.suffix == ".toml"
    try:
        return _parse_toml(text or "") if toml else json.loads(text or "{}")
    except ValueError as error:
        raise InvalidInput(
            f"{path} cannot be read as {'TOML' if toml else 'JSON'}, so it was left alone: {error}. "
            "Mend it, or move it out of the way, and try again."
        ) from None


def _parse_toml(text: str) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ValueError(str(error)) from error


def _text(path: Path, document: Any) -> str:
    if path.suffix == ".toml":
        import tomlkit

        return tomlkit.dumps(document)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _reach(document: Any, keys: tuple[str, ...], path: Path) -> MutableMapping[str, Any]:
    place = _table(document, path)
    for key in keys:
        place = _table(place.setdefault(key, {}), path)
    return place


def _table(value: Any, path: Path) -> MutableMapping[str, Any]:
    if not isinstance(value, MutableMapping):
        raise InvalidInput(f"{path} has another shape than this client's file should have, so it was left alone.")
    return value


def _list(place: MutableMapping[str, Any], key: str, path: Path) -> list[Any]:
    found = place.setdefault(key, [])
    if not isinstance(found, list):
        raise InvalidInput(f"{path} has another shape than this client's file should have, so it was left alone.")
    return found


def _without(
    path: Path, text: str, keys: tuple[str, ...], remove: Callable[[MutableMapping[str, Any]], bool]
) -> str | None:
    """The text after ``remove`` took something from the table at ``keys``; tables that are empty then go with it."""
    document = _parse(path, text)
    places = [document]
    for key in keys:
        if not isinstance(places[-1], MutableMapping) or key not in places[-1]:
            return text
        places.append(places[-1][key])
    if not isinstance(places[-1], MutableMapping) or not remove(places[-1]):
        return text
    for parent, key in zip(reversed(places[:-1]), reversed(keys), strict=True):
        if not parent[key]:
            del parent[key]
    return _text(path, document) if document else None
