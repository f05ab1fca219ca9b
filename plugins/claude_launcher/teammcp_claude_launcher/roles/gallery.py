"""The roles that come with the launcher: files, each with a head of its title and summary, and its guide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MARK = "---\n"


@dataclass(frozen=True)
class ShippedRole:
    """A role: who an agent of it is, and how it works."""

    name: str
    title: str
    summary: str
    guide: str


@cache
def shipped() -> Mapping[str, ShippedRole]:
    """The roles of the gallery, by name."""
    found = [
        parse(file.read_text(encoding="utf-8"))
        for file in (files(__package__) / "gallery").iterdir()
        if file.name.endswith(".md")
    ]
    return {role.name: role for role in sorted(found, key=lambda role: role.name)}


@cache
def texts() -> frozenset[str]:
    """What the gallery says of its roles in a line; pages say it in the reader's language."""
    return frozenset(text for role in shipped().values() for text in (role.title, role.summary))


def parse(text: str) -> ShippedRole:
    """A role's file: lines of ``name: value`` between two lines of ``---``, then the guide.

    Raises:
        ValueError: it is not of this form, or something is missing.
    """
    before, head, guide = text.split(MARK, 2)
    values = dict(line.split(": ", 1) for line in head.splitlines())
    if before or not guide.strip() or values.keys() != {"name", "title", "summary"}:
        raise ValueError("a role's file has name, title and summary at its head, and a guide below")
    return ShippedRole(**values, guide=guide.strip())
