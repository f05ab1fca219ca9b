"""What of a finding is found: its title and its body, narrowed by tags and contributors.

Only what is not retracted is in the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from teammcp import Index, IndexEntry, Transaction, facet

INDEX = Index("knowledge_search")


@dataclass(frozen=True)
class Entry:
    """What can be found of a finding."""

    finding_id: int
    title: str
    body: str
    tags: tuple[str, ...]
    contributors: tuple[str, ...]

    def indexed(self) -> IndexEntry:
        """As it stands in the index."""
        facets = (*map(_tag, self.tags), *map(_contributor, self.contributors))
        return IndexEntry(self.finding_id, (self.title, self.body), facets)


def replace(tx: Transaction, old: Entry | None, new: Entry | None) -> None:
    """Put ``new`` into the index in the place of ``old``."""
    INDEX.replace(tx, None if old is None else old.indexed(), None if new is None else new.indexed())


def narrowing(tags: Iterable[str], contributor: str | None) -> list[str]:
    """The facets that a finding needs to have."""
    return [*map(_tag, tags), *([] if contributor is None else [_contributor(contributor)])]


def _tag(tag: str) -> str:
    return facet("t", tag)


def _contributor(name: str) -> str:
    return facet("a", name)
