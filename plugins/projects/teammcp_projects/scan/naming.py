"""Names for what was found: as projects may be called, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from teammcp import plain_text

from ..bounds import ProjectName

LONGEST = 64
_RULE: TypeAdapter[str] = TypeAdapter(ProjectName)


def _fits(text: str) -> bool:
    try:
        _RULE.validate_python(text)
    except ValidationError:
        return False
    return True


def project_name(text: str) -> str:
    """A text as a project may be called, close to what it was; empty if nothing of it is left."""
    text = unicodedata.normalize("NFC", text)[: 4 * LONGEST]
    allowed = "".join(character if _fits(f"a{character}a") else "-" for character in text)
    name = re.sub("--+", "-", allowed).lstrip("_.-")[:LONGEST].rstrip(".-")
    return name if _fits(name) else ""


def name_all(wanted: Mapping[Path, str]) -> dict[Path, str]:
    """A name for each folder, of what it calls itself: no two that count as the same."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for folder, text in wanted.items():
        name = next(each for each in _candidates(folder, text) if plain_text(each) not in taken)
        taken.add(plain_text(name))
        names[folder] = name
    return names


def _candidates(folder: Path, text: str) -> Iterator[str]:
    """What a folder could be called: without its scope, else with the folder around it, else with a number."""
    name = project_name(text.rpartition("/")[2]) or project_name(folder.name) or "project"
    yield name
    if around := project_name(f"{folder.parent.name}-{name}"):
        yield around
    for number in count(2):
        yield f"{name[: LONGEST - 8].rstrip('.-')}-{number}"
