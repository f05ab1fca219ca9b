"""Full-text search over findings: the one module of this plugin with SQL that only SQLite (FTS5) understands.

Beside the words, the tags and contributors of a finding are tokens of the index. Only what is not retracted is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from teammcp import Reader, Transaction
from teammcp.text.fulltext import GAP, Words, pairs, spread

INSERT = "INSERT INTO knowledge_search (rowid, content, pairs, facets) VALUES (?, ?, ?, ?)"
DELETE = "INSERT INTO knowledge_search (knowledge_search, rowid, content, pairs, facets) VALUES ('delete', ?, ?, ?, ?)"
BREAK = " \ue000 "
"""Stands between title and body, so that no phrase reaches over it; a word that nobody looks for."""


@dataclass(frozen=True)
class Entry:
    """A finding as it stands in the index."""

    finding_id: int
    title: str
    body: str
    tags: tuple[str, ...]
    contributors: tuple[str, ...]

    def row(self) -> tuple[int, str, str, str]:
        """Its row."""
        facets = [_token("t", tag) for tag in self.tags] + [_token("a", name) for name in self.contributors]
        texts = (self.title, self.body)
        return self.finding_id, BREAK.join(map(spread, texts)), GAP.join(map(pairs, texts)), " ".join(facets)


def replace(tx: Transaction, old: Entry | None, new: Entry | None) -> None:
    """Put ``new`` into the index in the place of ``old``."""
    if old == new:
        return
    if old is not None:
        removed = old.row()
        tx.before_commit(lambda end: end.execute(DELETE, removed))
    if new is not None:
        added = new.row()
        tx.before_commit(lambda end: end.execute(INSERT, added))


def match_expression(words: Words, tags: Iterable[str], contributor: str | None) -> str:
    """The FTS5 expression of a search; empty if nothing is asked."""
    parts = [words.expression()] if words.terms else []
    tokens = [_token("t", tag) for tag in tags]
    if contributor is not None:
        tokens.append(_token("a", contributor))
    if tokens:
        parts.append(f"facets : ({' AND '.join(tokens)})")
    return " AND ".join(parts)


def matching(reader: Reader, expression: str, before: int, limit: int) -> list[int]:
    """Ids of matching findings before ``before``, newest first."""
    rows = reader.all(
        "SELECT rowid FROM knowledge_search WHERE knowledge_search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
        (expression, before, limit),
    )
    return [row[0] for row in rows]


def _token(prefix: str, name: str) -> str:
    return prefix + name.encode().hex()
