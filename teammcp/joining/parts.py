"""Parts of other programs' files: each can be put into a file's text and taken out again, and leaves the rest alone.

What is ours is known by what it is exactly, never by a likeness: an entry by its key and its form, a hook by what it
calls and with what. All else is somebody else's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .documents import Format, JsonDocument, merge, read_document


class Part(Protocol):
    """Something of ours in a file."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def prose(self) -> bool:
        """Whether the file is a text for people, of whichever encoding."""

    def put(self, text: str | None) -> str:
        """The file's text with this part; ``text`` is None for a file that is not there."""

    def take(self, text: str) -> str | None:
        """The file's text without this part; None if nothing else was in it."""


def _any(value: Any) -> bool:
    return True


@dataclass(frozen=True)
class Entry:
    """A value at a path of keys in a JSON or TOML file.

    Attributes:
        value: what is to stand there. What a user has added to it stays.
        form: how the file is written; without a word on it, as its name says.
        kept: keys in it whose values are the user's once they are there, such as a time-out.
        is_ours: whether a value that stands there is ours, whatever its address; another one is replaced as a whole,
            and never taken out.
    """

    path: Path
    keys: tuple[str, ...]
    value: Any
    form: Format | None = None
    kept: frozenset[str] = frozenset()
    is_ours: Callable[[Any], bool] = _any
    prose = False

    def put(self, text: str | None) -> str:
        document = read_document(self.path, self._form, text)
        there = document.get(self.keys)
        if there is None or not self.is_ours(there):
            document.set(self.keys, self.value)
        else:
            merge(document, self.keys, self.value, self.kept)
        return document.result() or ""

    def take(self, text: str) -> str | None:
        document = read_document(self.path, self._form, text)
        there = document.get(self.keys)
        if there is None or not self.is_ours(there):
            return text
        document.remove(self.keys)
        return document.result()

    def found(self, text: str | None) -> Any:
        """What stands there now; None for nothing of ours."""
        there = read_document(self.path, self._form, text).get(self.keys)
        return there if there is not None and self.is_ours(there) else None

    @property
    def _form(self) -> Format:
        return self.form or ("toml" if self.path.suffix == ".toml" else "json")


@dataclass(frozen=True)
class Item:
    """A text in a list of texts in a JSON file, such as a permission."""

    path: Path
    keys: tuple[str, ...]
    item: str
    prose = False

    def put(self, text: str | None) -> str:
        document = JsonDocument(self.path, text)
        if self.item not in document.list(self.keys):
            document.append(self.keys, self.item)
        return document.result() or ""

    def take(self, text: str) -> str | None:
        document = JsonDocument(self.path, text)
        there = document.get(self.keys)
        if not isinstance(there, list) or self.item not in there:
            return text
        document.remove((*self.keys, there.index(self.item)))
        return document.result()


Call = tuple[str, ...]
"""What a hook calls, and with whose key: what makes it the one it is."""


def call_of(hook: Any) -> Call | None:
    """What a hook calls; None for what calls nothing that could be ours."""
    if not isinstance(hook, Mapping):
        return None
    if hook.get("type") == "http" and isinstance(address := hook.get("url"), str):
        headers = hook.get("headers")
        return "http", address, str(headers.get("Authorization")) if isinstance(headers, Mapping) else ""
    if hook.get("type", "command") == "command" and isinstance(command := hook.get("command"), str):
        try:
            return "command", *shlex.split(command)
        except ValueError:
            return None
    return None


def calls_of(hooks: Iterable[Mapping[str, Any]]) -> frozenset[Call]:
    """What all of them call."""
    return frozenset(call for hook in hooks if (call := call_of(hook)) is not None)


@dataclass(frozen=True)
class Hooks:
    """Commands and addresses that a program calls at its events, in the ``hooks`` of a JSON file.

    Attributes:
        hooks: event -> the one hook of ours.
        former: what other hooks of ours call, which an earlier joining has written: they give way to these.
        form: how the file is written.
    """

    path: Path
    hooks: Mapping[str, Mapping[str, Any]]
    former: frozenset[Call] = frozenset()
    form: Format = "json"
    prose = False

    def put(self, text: str | None) -> str:
        document = self._document(text)
        for event, hook in self.hooks.items():
            document.list(("hooks", event))
            places = [*self._places(document, event)]
            if not places:
                document.append(("hooks", event), {"hooks": [dict(hook)]})
                continue
            for place in reversed(places[1:]):
                document.remove(place)
            for key in _OWN & document.get(places[0]).keys() - hook.keys():
                document.remove((*places[0], key))
            merge(document, places[0], hook)
        return document.result() or ""

    def take(self, text: str) -> str | None:
        document = self._document(text)
        events = document.get(("hooks",))
        for event in events if isinstance(events, dict) else ():
            for place in reversed([*self._places(document, event)]):
                document.remove(place)
                group = place[:-2]
                if (
                    isinstance(left := document.get(group), dict)
                    and "hooks" not in left
                    and not left.keys() - {"matcher"}
                ):
                    document.remove(group)
        return document.result()

    def _document(self, text: str | None) -> JsonDocument:
        return JsonDocument(self.path, text, comments=self.form == "jsonc")

    def _places(self, document: JsonDocument, event: str) -> Iterator[tuple[str | int, ...]]:
        ours = self.former | {call for hook in self.hooks.values() if (call := call_of(hook))}
        groups = document.get(("hooks", event))
        for at, group in enumerate(groups if isinstance(groups, list) else ()):
            hooks = group.get("hooks") if isinstance(group, dict) else None
            for number, hook in enumerate(hooks if isinstance(hooks, list) else ()):
                if call_of(hook) in ours:
                    yield "hooks", event, at, "hooks", number


_OWN = {"type", "url", "command", "timeout", "headers", "allowedEnvVars", "async", "asyncRewake"}
"""The keys of a hook that are ours to set; others in it stay."""


def calls_at(path: Path, text: str | None, event: str) -> set[Call]:
    """What the hooks of a program's file call at an event; ``text`` is None for a file that is not there."""
    groups = JsonDocument(path, text).get(("hooks", event))
    hooks = [
        hook
        for group in (groups if isinstance(groups, list) else ())
        if isinstance(group, dict) and isinstance(group.get("hooks"), list)
        for hook in group["hooks"]
    ]
    return {call for hook in hooks if (call := call_of(hook)) is not None}


BEGIN = "<!-- teammcp: this part is written by 'teammcp join' and removed by 'teammcp leave' -->"
END = "<!-- /teammcp -->"
_INSIDE = rf"{re.escape(BEGIN)}(?:(?!{re.escape(BEGIN)}).)*?{re.escape(END)}"
_SECTION = re.compile(rf"{_INSIDE}(?:\r?\n)?", re.DOTALL)
_APART = re.compile(rf"(?:\r?\n)?{_INSIDE}(?:\r?\n)?", re.DOTALL)
OWN = "teammcp: this file is written by 'teammcp join' and removed by 'teammcp leave'"
"""Stands in a file that is ours alone, as a remark."""


def _newline(text: str | None) -> str:
    found = re.search(r"\r?\n", text or "")
    return found[0] if found else "\n"


@dataclass(frozen=True)
class Section:
    """A section between markers in a text that people write, such as AGENTS.md."""

    path: Path
    body: str
    prose = True

    def put(self, text: str | None) -> str:
        newline = _newline(text)
        section = f"{BEGIN}\n{self.body.strip()}\n{END}\n".replace("\n", newline)
        if not text:
            return section
        if _SECTION.search(text) is not None:
            return _SECTION.sub(lambda _: section, text, count=1)
        ended = text if text.endswith("\n") else text + newline
        return f"{ended}{newline}{section}"

    def take(self, text: str) -> str | None:
        if _SECTION.search(text) is None:
            return text
        return _APART.sub("", text) or None


@dataclass(frozen=True)
class OwnFile:
    """A file that is ours alone, and says so in its last line. Another one of its name is kept, and comes back."""

    path: Path
    body: str
    prose = True

    def put(self, text: str | None) -> str:
        remark = f"// {OWN}" if self.path.suffix == ".js" else f"<!-- {OWN} -->"
        written = f"{self.body.rstrip()}\n{remark}\n"
        return text if text is not None and text.replace("\r\n", "\n") == written else written

    def take(self, text: str) -> str | None:
        return None if OWN in text or text == self.body else text
