"""Public shapes of the memory."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from teammcp import (
    LARGEST_ID,
    AnyWords,
    Author,
    Line,
    Result,
    Timestamp,
    Words,
    json_excerpt,
    quote,
    rfc3339,
)

MAIN = "default"


def _name(text: str) -> str:
    if not text or "/" in text:
        raise ValueError("must not be empty and must not contain /; use : or . between its parts")
    if text in {".", ".."}:
        raise ValueError("must not be . or .., which no address can hold")
    return text


Namespace = Annotated[Line, Field(max_length=64), AfterValidator(_name)]
"""What groups keys: one line in any script, without ``/``, since it is part of an address."""
Key = Annotated[Line, Field(max_length=256), AfterValidator(_name)]
"""What a value is kept under; as a namespace."""
Version = Annotated[int, Field(ge=0, le=LARGEST_ID)]

__all__ = ["MAIN", "Key", "Namespace", "Version"]


class MemoryEntry(Result):
    """What is kept under a key."""

    namespace: Words
    key: Words
    found: bool = True
    """False: there is no such key, or it was deleted; then ``version`` is the last one it had."""
    value: AnyWords = None
    version: int = 0
    lclock: int = 0
    writer: Author | None = None
    updated_at: Timestamp | None = None

    def text(self) -> str:
        if not self.found:
            return (
                f"There is no key '{quote(self.key)}' in namespace '{quote(self.namespace)}'. list_memory lists them."
            )
        when = "" if self.updated_at is None else f", {rfc3339(self.updated_at)[:16]}"
        value = quote(json_excerpt(self.value, 100_000))
        return f"{quote(self.key)} = {value} (version {self.version} by {self.writer}{when})"


class MemoryWritten(Result):
    """What became of a write. On a conflict nothing was written, and the entry as it is says what to go by."""

    ok: bool
    namespace: str
    key: str
    version: int | None = None
    lclock: int | None = None
    created: bool = False
    deleted: bool = False
    conflict: bool = False
    current_version: int | None = None
    current_value: AnyWords = None
    current_writer: Author | None = None

    def text(self) -> str:
        key = quote(self.key)
        if self.conflict:
            if not self.current_version:
                return f"Not written, a conflict: there is no key '{key}'; expect version 0 to make it."
            now = f"version {self.current_version} by {self.current_writer}: {quote(json_excerpt(self.current_value))}"
            return f"Not written, a conflict: {key} has {now}"
        if self.version is None:
            return f"There was no key '{key}'."
        what = "created" if self.created else "deleted" if self.deleted else "set"
        return f"{key} {what}: version {self.version}"


class MemoryLine(Result):
    """One key of a list. The value is there if it was asked for; a long one is left out even then."""

    key: Words
    version: int
    lclock: int
    writer: Author
    updated_at: Timestamp
    bytes: int
    value: AnyWords = None
    value_omitted: bool = True

    def text(self) -> str:
        value = f"{self.bytes} bytes" if self.value_omitted else quote(json_excerpt(self.value))
        about = f"version {self.version} by {self.writer}, {rfc3339(self.updated_at)[:16]}"
        return f"{quote(self.key)} = {value} ({about})"


class MemoryList(Result):
    """Keys of a namespace by name. ``next`` is the ``after`` of the following page, null on the last."""

    namespace: Words
    entries: list[MemoryLine]
    total: int
    """How many keys the namespace has."""
    next: Words | None

    def text(self) -> str:
        lines = [entry.text() for entry in self.entries] or ["(no keys)"]
        more = [f"(more: after={quote(self.next)})"] if self.next else []
        return "\n".join([f"{quote(self.namespace)}: {self.total} keys", *lines, *more])


class MemoryVersion(Result):
    """One version of a key."""

    version: int
    lclock: int
    action: Literal["set", "deleted"]
    value: AnyWords
    writer: Author
    at: Timestamp


class MemoryHistory(Result):
    """Versions of a key, newest first. ``next`` is the ``before`` of the following page, null on the last."""

    namespace: Words
    key: Words
    versions: list[MemoryVersion]
    next: int | None = None

    def text(self) -> str:
        lines = [
            f"version {each.version} by {each.writer}, {rfc3339(each.at)[:16]}: "
            + ("deleted" if each.action == "deleted" else quote(json_excerpt(each.value)))
            for each in self.versions
        ]
        more = [] if self.next is None else [f"(more: before={self.next})"]
        return "\n".join([*lines, *more]) or "no such key"


class MemoryNamespace(Result):
    """A namespace, which is there as long as it has keys."""

    namespace: Words
    keys: int
    updated_at: Timestamp


class MemoryNamespaces(Result):
    """Namespaces by name. ``next`` is the ``after`` of the following page, null on the last."""

    namespaces: list[MemoryNamespace]
    next: Words | None

    def text(self) -> str:
        return "\n".join(f"{quote(each.namespace)}: {each.keys} keys" for each in self.namespaces) or "(no namespaces)"
