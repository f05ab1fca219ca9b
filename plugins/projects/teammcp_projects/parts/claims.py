"""What parts say of code that can be checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from teammcp import MessagePart, StoredPart

from .references import Commit, Reference
from .snippets import Snippet

CHECKED: dict[str, type[MessagePart]] = {kind.part_kind: kind for kind in (Snippet, Reference, Commit)}


@dataclass(frozen=True)
class Claim:
    """What a part says that can be checked.

    Attributes:
        number: the part's.
        project: whose code it speaks of, as its sender wrote it.
        asked: arguments of the look into a repository, without the place.
    """

    number: int
    project: str
    asked: dict[str, Any]


def claims(parts: Iterable[StoredPart]) -> Iterator[Claim]:
    """What parts say that can be checked."""
    for stored in parts:
        match _read(stored):
            case Commit(project=str(project), commit=commit):
                yield Claim(stored.number, project, {"commit": commit})
            case Snippet(project=str(project), commit=str(commit)) as part:
                digest = sha256("\n".join(part.lines).encode()).hexdigest()
                place = {"path": part.path, "first": part.first_line, "last": part.last_line}
                yield Claim(stored.number, project, {"commit": commit, **place, "digest": digest})
            case Reference(commit=str(commit)) as part:
                place = {"path": part.path, "first": part.line, "last": part.last_line or part.line}
                yield Claim(stored.number, part.project, {"commit": commit, **place})


def _read(stored: StoredPart) -> MessagePart | None:
    """A part of a kind that is checked; None of another, and of what only an older version took for one."""
    kind = CHECKED.get(stored.kind)
    try:
        return None if kind is None else kind.model_validate(stored.content)
    except ValidationError:
        return None
