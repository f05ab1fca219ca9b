"""Full-text indexes: made by a migration, changed with their rows, narrowed by facets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import teammcp
from teammcp import Index, IndexEntry, Transaction, facet, parse_terms
from teammcp.storage import Migration, SqliteDatabase
from teammcp.storage.sqlite.connections import SqliteTransaction
from teammcp.storage.sqlite.migrations import migrate

ROOT = Path(__file__).parent.parent
NOTES = Index("notes_search")
TABLES = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT NOT NULL, content TEXT NOT NULL);

-- The words of each note; whose it is, as a facet.
CREATE FULLTEXT INDEX notes_search;
"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    steps = [Migration("notes", 1, "notes", TABLES)]
    database = await SqliteDatabase.open(tmp_path / "team" / "team.db", partial(migrate, migrations=steps))
    yield database
    await database.close()


def note(number: int, *texts: str, author: str = "ada", **more: tuple[str, ...]) -> IndexEntry:
    return IndexEntry(number, texts, (facet("a", author), *more.get("facets", ())))


def added(*entries: IndexEntry) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for entry in entries:
            NOTES.add(tx, entry)

    return work


async def find(database: SqliteDatabase, query: str, *facets: str | list[str], limit: int = 9) -> list[int]:
    return await database.read(lambda reader: NOTES.search(reader, parse_terms(query), facets, limit=limit))


async def test_what_is_added_is_found_the_newest_first(database: SqliteDatabase) -> None:
    await database.write(added(note(1, "the parser is done"), note(2, "a parser for dates"), note(3, "tea")))
    assert await find(database, "parser") == [2, 1]
    assert await find(database, '"parser is"') == [1]
    assert await find(database, "par*") == [2, 1]
    assert await find(database, "parser", limit=1) == [2]
    assert await find(database, "coffee") == []


async def test_a_page_goes_on_where_the_one_before_ended(database: SqliteDatabase) -> None:
    await database.write(added(*(note(number, "tea") for number in range(1, 6))))
    page = partial(NOTES.search, terms=parse_terms("tea"), limit=2)
    assert await database.read(partial(page, before=4)) == [3, 2]
    assert await database.read(partial(page, before=4, since=3)) == [3]


async def test_what_is_replaced_or_removed_is_found_no_more(database: SqliteDatabase) -> None:
    old, new = note(1, "green tea", "数据库"), note(1, "black coffee", author="bob")
    await database.write(added(old))
    await database.write(lambda tx: NOTES.replace(tx, old, new))
    assert (
        await find(database, "tea") == await find(database, "数据") == await find(database, "", facet("a", "ada")) == []
    )
    assert await find(database, "coffee") == await find(database, "", facet("a", "bob")) == [1]
    await database.write(lambda tx: NOTES.remove(tx, new))
    assert await find(database, "coffee") == []


async def test_a_work_that_fails_makes_nothing_findable(database: SqliteDatabase) -> None:
    def work(tx: Transaction) -> None:
        NOTES.add(tx, note(1, "tea"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(work)
    assert await find(database, "tea") == []


async def test_a_search_is_narrowed_to_entries_with_each_facet_or_one_of_several(database: SqliteDatabase) -> None:
    await database.write(
        added(note(1, "tea"), note(2, "tea", author="bob"), note(3, "tea", author="bob", facets=("pinned",)))
    )
    ada, bob = facet("a", "ada"), facet("a", "bob")
    assert await find(database, "tea", bob) == [3, 2]
    assert await find(database, "tea", bob, "pinned") == [3]
    assert await find(database, "tea", [ada, bob]) == [3, 2, 1]
    assert await find(database, "", [ada, "pinned"]) == [3, 1]
    assert await find(database, "tea", ada, bob) == []
    assert await find(database, "tea", []) == []


async def test_no_phrase_reaches_from_one_text_into_the_next(database: SqliteDatabase) -> None:
    await database.write(added(note(1, "green tea", "leaves 数据"), note(2, "green tea leaves")))
    assert await find(database, '"tea leaves"') == [2]
    assert await find(database, "tea leaves") == [2, 1]
    assert await find(database, "数据") == [1]


@pytest.mark.parametrize("name", ["", "Notes", "notes; DROP TABLE notes", "1notes", "notes-search"])
def test_the_name_of_an_index_is_one_word(name: str) -> None:
    with pytest.raises(ValueError, match="small letters"):
        Index(name)


@pytest.mark.parametrize("wrong", ["", "Ada", "a b", "x OR y", '"'])
async def test_a_facet_is_one_word_so_that_it_asks_nothing_else(database: SqliteDatabase, wrong: str) -> None:
    with pytest.raises(ValueError, match="facet"):
        await find(database, "tea", wrong)
    with pytest.raises(ValueError, match="facet"):
        await database.write(added(note(1, "tea", facets=(wrong,))))


async def test_a_search_for_nothing_is_refused(database: SqliteDatabase) -> None:
    with pytest.raises(ValueError, match="terms or facets"):
        await find(database, "++")


def test_an_index_that_comes_later_holds_what_is_there_already() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    steps = [Migration("notes", 1, "notes", TABLES.partition("--")[0])]
    migrate(connection, steps)
    connection.execute("INSERT INTO notes VALUES (1, 'Ada', 'Die Straße'), (2, 'bob', '用数据库'), (3, 'bob', '')")
    filled = (
        "CREATE FULLTEXT INDEX notes_search AS SELECT id, content, facet('a', author) FROM notes WHERE content <> '';"
    )
    migrate(connection, [*steps, Migration("notes", 2, "search", filled)])
    reader = SqliteTransaction(connection)
    assert NOTES.search(reader, parse_terms("strasse"), [facet("a", "Ada")], limit=5) == [1]
    assert NOTES.search(reader, parse_terms("数据"), limit=5) == [2]
    assert NOTES.search(reader, parse_terms(""), [facet("a", "bob")], limit=5) == [2]


async def test_the_guide_says_how_a_plugin_searches(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "plugins" / "operations.md").read_text(encoding="utf-8")
    section = page.partition("## Searching texts")[2].partition("\n## ")[0]
    (sql,), (code,) = (re.findall(rf"(?ms)^```{kind}\n(.*?)^```", section) for kind in ("sql", "python"))
    table = "CREATE TABLE standup_notes (id INTEGER PRIMARY KEY, author TEXT NOT NULL, content TEXT NOT NULL);"
    row = "INSERT INTO standup_notes VALUES (1, 'ada', 'tea');"
    steps = [Migration("standup", number, "step", step) for number, step in enumerate((table, row, sql), 1)]
    database = await SqliteDatabase.open(tmp_path / "team" / "team.db", partial(migrate, migrations=steps))
    names: dict[str, Any] = {name: getattr(teammcp, name) for name in teammcp.__all__} | {"Note": SimpleNamespace}
    exec(code, names)  # noqa: S102 - what the page shows
    written = names["entry"](SimpleNamespace(id=2, author="bob", content="more tea"))
    await database.write(lambda tx: names["NOTES"].add(tx, written))
    assert await database.read(names["find"], "tea", None, 9) == [2, 1]
    assert await database.read(names["find"], "tea", "ada", 9) == [1]
    assert await database.read(names["find"], "++", None, 9) == []
    await database.close()


@pytest.mark.parametrize("given", [{"texts": "tea"}, {"texts": ("tea",), "facets": "pinned"}])
def test_one_text_is_not_taken_for_its_letters(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="a tuple of texts"):
        IndexEntry(1, **given)


@pytest.mark.parametrize("letter", ["", "author", "A", "1", "ä"])
def test_a_facet_begins_with_one_letter(letter: str) -> None:
    with pytest.raises(ValueError, match="one letter"):
        facet(letter, "ada")
