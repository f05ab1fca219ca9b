"""Full-text indexes as SQLite keeps them: FTS5 tables, which know the words and where they stand, without the text.

A table has a column for the texts (`spread`), one for the pairs of characters of scripts without spaces (`pairs`), and
one for the facets by which a search is narrowed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ...text.unspaced import GAP, RUN, pairs, spread

STATEMENT = re.compile(r"CREATE\s+FULLTEXT\s+INDEX\s+(\w+)\s*(?:\sAS\s+(SELECT\b.*?))?\s*;?", re.IGNORECASE | re.DOTALL)
COLUMNS = (
    "content, pairs, facets, content = '', columnsize = 0,"
    " tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\""
)
BREAK = " \ue000 "
"""Stands between two texts of an entry, so that no phrase reaches over it; a word that nobody looks for."""

Row = tuple[int, str, str, str]


def facet(letter: str, name: str) -> str:
    """The facet of an entry that a name is said by, such as ``facet("t", "sql")`` for a tag.

    Args:
        letter: what the name is of: one letter from a to z, another for each kind of name in an index.
        name: any text. Two are the same facet only if they are equal.

    Raises:
        ValueError: it is not one letter.
    """
    if len(letter) != 1 or not "a" <= letter <= "z":
        raise ValueError(f"{letter!r}: a facet begins with one letter from a to z.")
    return letter + name.encode().hex()


def made_of(statement: str) -> list[str]:
    """What SQLite runs for a statement of a migration: ``CREATE FULLTEXT INDEX`` is made of what it knows.

    ``CREATE FULLTEXT INDEX name AS SELECT id, text, facets FROM …`` also enters what is there already.
    """
    found = STATEMENT.fullmatch(_without_comments(statement).strip())
    if found is None:
        return [statement]
    name, select = found.groups()
    made = [f"CREATE VIRTUAL TABLE {name} USING fts5 ({COLUMNS})"]
    if select is not None:
        made.append(
            f"INSERT INTO {name} (rowid, content, pairs, facets) WITH entries (id, text, facets) AS ({select})"  # noqa: S608
            " SELECT id, spread(text), pairs(text), facets FROM entries ORDER BY id"
        )
    return made


def _without_comments(statement: str) -> str:
    return re.sub(r"^\s*--.*$", "", statement, flags=re.MULTILINE)


def row(id: int, texts: Collection[str], facets: Iterable[str]) -> Row:
    """The row of an entry."""
    return id, BREAK.join(map(spread, texts)), GAP.join(map(pairs, texts)), " ".join(facets)


def insert(table: str) -> str:
    """The statement that enters a `row`."""
    return f"INSERT INTO {table} (rowid, content, pairs, facets) VALUES (?, ?, ?, ?)"  # noqa: S608


def delete(table: str) -> str:
    """The statement that takes out a `row`, which has to be as it was entered: FTS5 keeps no copy to look it up."""
    return f"INSERT INTO {table} ({table}, rowid, content, pairs, facets) VALUES ('delete', ?, ?, ?, ?)"  # noqa: S608


def select(table: str) -> str:
    """The query for ids with an `expression`, not under one id and under another, newest first, so many at the most."""
    return f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"  # noqa: S608


def expression(terms: Iterable[tuple[str, bool]], facets: Iterable[Collection[str]]) -> str:
    """What ``MATCH`` is given: all terms, and of each collection of facets at least one."""
    parts = [_term(text, prefix) for text, prefix in terms]
    narrowing = " AND ".join(f"({' OR '.join(choice)})" for choice in facets)
    return " AND ".join([*parts, f"facets : ({narrowing})"] if narrowing else parts)


def _term(text: str, prefix: bool) -> str:
    if RUN.fullmatch(text):
        return f"pairs : {_quoted(pairs(text))}"
    return f"content : {_quoted(spread(text))}" + ("*" if prefix else "")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
