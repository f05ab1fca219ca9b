"""Full-text indexes: the texts of a feature or plugin, found by their words and narrowed by facets.

An index lies in the team's database beside the table whose rows it makes findable, and is changed in the transaction
that changes them. What it is made of there is the affair of ``storage``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..text.terms import Terms
from .base import LARGEST_ID, Reader, Transaction
from .sqlite import fts5
from .sqlite.fts5 import facet

__all__ = ["Index", "IndexEntry", "facet"]

NAME = re.compile(r"[a-z][a-z0-9_]*")
FACET = re.compile(r"[a-z][a-z0-9]*")


@dataclass(frozen=True)
class IndexEntry:
    """What an index holds of one row."""

    id: int
    """The row's. What has a larger id is newer, and found first."""
    texts: tuple[str, ...]
    """What is looked through. No phrase reaches from one text into the next."""
    facets: tuple[str, ...] = ()
    """By what a search may be narrowed: each is made by `facet`, or is a word of small letters."""

    def __post_init__(self) -> None:
        # A text is a sequence of texts, too, and would be indexed letter by letter.
        if isinstance(self.texts, str) or isinstance(self.facets, str):
            raise TypeError("texts and facets: give a tuple of texts, not one text.")


class Index:
    """A full-text index. ``CREATE FULLTEXT INDEX <name>;`` in a migration makes it.

    Args:
        name: as in that statement: small letters, digits and underscores, with the plugin's name in front.
    """

    def __init__(self, name: str) -> None:
        if NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r}: an index is named with small letters, digits and underscores.")
        self._insert, self._delete, self._select = fts5.insert(name), fts5.delete(name), fts5.select(name)

    def add(self, tx: Transaction, entry: IndexEntry) -> None:
        """Make a row findable, once this transaction is durable."""
        self.replace(tx, None, entry)

    def remove(self, tx: Transaction, entry: IndexEntry) -> None:
        """Take a row out. The entry has to be the one that was added, with the same texts and facets."""
        self.replace(tx, entry, None)

    def replace(self, tx: Transaction, old: IndexEntry | None, new: IndexEntry | None) -> None:
        """Put one entry in the place of another. ``old`` has to be as it was added."""
        if old == new:
            return
        for statement, entry in ((self._delete, old), (self._insert, new)):
            if entry is not None:
                self._change(tx, statement, fts5.row(entry.id, entry.texts, _checked(entry.facets)))

    def _change(self, tx: Transaction, statement: str, row: fts5.Row) -> None:
        tx.before_commit(lambda end: end.execute(statement, row))  # FTS5 writes itself out at each savepoint

    def search(
        self,
        reader: Reader,
        terms: Terms,
        facets: Iterable[str | Collection[str]] = (),
        *,
        since: int = 0,
        before: int = LARGEST_ID,
        limit: int,
    ) -> list[int]:
        """The ids of the entries in which all terms are, the newest first.

        Args:
            reader: of the team's database.
            terms: as `parse_terms` understood what somebody typed.
            facets: that an entry needs to have; where several stand together, it needs one of them.
            since: the smallest id that is looked for.
            before: the first id behind the largest one.
            limit: the most ids that are given.

        Raises:
            ValueError: neither terms nor facets are given; that is no search.
        """
        choices = [_checked((choice,) if isinstance(choice, str) else choice) for choice in facets]
        if not all(choices):  # none of no facets
            return []
        expression = fts5.expression(terms, choices)
        if not expression:
            raise ValueError("A search needs terms or facets.")
        return [row[0] for row in reader.all(self._select, (expression, since, before, limit))]


def _checked(facets: Collection[str]) -> Collection[str]:
    if wrong := [each for each in facets if FACET.fullmatch(each) is None]:
        raise ValueError(f"{wrong[0]!r} is no facet: make it with facet(), or use a word of small letters.")
    return facets
