"""Migrations: all or nothing, once each, edited or newer ones refused."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from teammcp import EventData, hookimpl
from teammcp.errors import StartError
from teammcp.features.messages import search
from teammcp.storage import Migration, load_migrations
from teammcp.storage.sqlite.connections import SqliteTransaction
from teammcp.storage.sqlite.migrations import migrate
from teammcp.text.terms import parse_terms
from tests.corekit import open_server

FIRST = Migration("things", 1, "create", "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT);")
SECOND = Migration("things", 2, "size", "ALTER TABLE things ADD COLUMN size INTEGER;")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "team.db", isolation_level=None)
    yield connection
    connection.close()


def tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def applied(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return connection.execute("SELECT feature, number FROM migrations ORDER BY feature, number").fetchall()


def test_each_step_is_applied_once(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST])
    connection.execute("INSERT INTO things (name) VALUES ('kept')")
    migrate(connection, [FIRST, SECOND])
    migrate(connection, [FIRST, SECOND])
    assert applied(connection) == [("things", 1), ("things", 2)]
    assert connection.execute("SELECT name, size FROM things").fetchall() == [("kept", None)]


def test_a_step_that_fails_leaves_the_database_untouched(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST])
    broken = Migration("others", 1, "create", "CREATE TABLE others (id INTEGER);\nCREATE TABLE things (again INTEGER);")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, [FIRST, SECOND, broken])
    assert applied(connection) == [("things", 1)]
    assert "others" not in tables(connection)
    assert "size" not in {row[1] for row in connection.execute("PRAGMA table_info(things)")}
    migrate(connection, [FIRST, SECOND])  # and it can be tried again


def test_an_edited_step_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST])
    edited = Migration("things", 1, "create", FIRST.sql + " -- edited")
    with pytest.raises(StartError, match="Step 1 of 'things' was changed"):
        migrate(connection, [edited])


def test_a_newer_database_is_refused_and_left_as_it_is(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST, SECOND])
    other = Migration("others", 1, "create", "CREATE TABLE others (id INTEGER);")
    with pytest.raises(StartError, match="newer than this program: it has step 2 of 'things'"):
        migrate(connection, [FIRST, other])
    assert applied(connection) == [("things", 1), ("things", 2)]
    assert "others" not in tables(connection)


def test_tables_of_a_plugin_that_was_removed_stay(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST])
    migrate(connection, [])
    assert "things" in tables(connection)
    assert applied(connection) == [("things", 1)]


def test_a_script_may_hold_triggers_comments_and_lines_and_statements_in_any_way(
    connection: sqlite3.Connection,
) -> None:
    script = """
    -- a comment; with a semicolon
    CREATE TABLE log (
        line TEXT  /* and ; here */
    );
    CREATE TABLE source (line TEXT DEFAULT 'a;b'); CREATE TABLE other (id INTEGER); -- two; in a line
    CREATE TRIGGER copy AFTER INSERT ON source BEGIN
        INSERT INTO log (line) VALUES (new.line);
        INSERT INTO log (line) VALUES ('twice');
    END;
    -- the end
    """
    migrate(connection, [Migration("script", 1, "all", script)])
    connection.execute("INSERT INTO source DEFAULT VALUES")
    assert connection.execute("SELECT line FROM log").fetchall() == [("a;b",), ("twice",)]
    assert "other" in tables(connection)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An importable package ``probe`` with an empty folder ``migrations``, which is returned."""
    folder = tmp_path / "probe" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("probe", None)


def test_files_are_loaded_in_the_order_of_their_numbers(package: Path) -> None:
    for number in range(1, 12):
        (package / f"{number:03}_step.sql").write_text(f"SELECT {number};")
    (package / "notes.txt").write_text("not a step")
    loaded = load_migrations("probe", "probe")
    assert [step.number for step in loaded] == list(range(1, 12))
    assert loaded[10] == Migration("probe", 11, "step", "SELECT 11;")


@pytest.mark.parametrize("names", [["002_late.sql"], ["001_a.sql", "003_c.sql"], ["001_a.sql", "001_b.sql"]])
def test_gaps_and_doubles_are_refused(package: Path, names: list[str]) -> None:
    for name in names:
        (package / name).touch()
    with pytest.raises(StartError, match="without gaps"):
        load_migrations("probe", "probe")


def test_a_file_without_a_number_is_refused(package: Path) -> None:
    (package / "create.sql").touch()
    with pytest.raises(StartError, match=r"create\.sql is not named like"):
        load_migrations("probe", "probe")


class WithTables:
    """A plugin with tables of its own."""

    def __init__(self, *steps: object) -> None:
        self.steps = steps

    @hookimpl
    def register_migrations(self) -> list[object]:
        return list(self.steps)


@pytest.mark.parametrize(
    "broken",
    [
        Migration("bad", 1, "create", "CREATE TABEL oops (id INTEGER);"),
        Migration("bad", 1, "create", "CREATE TABLE half (id INTEGER);\nCREATE TABLE good (id INTEGER);"),
        "not a step",
    ],
)
async def test_a_plugin_with_broken_migrations_is_switched_off_and_the_server_starts(
    tmp_path: Path, broken: object
) -> None:
    good = WithTables(Migration("good", 1, "create", "CREATE TABLE good (id INTEGER);"))
    plugins = {"good": good, "bad": WithTables(broken)}
    async with open_server(tmp_path, plugins=plugins) as server:
        assert {name: info.state for name, info in server.plugins.plugins.items()} == {
            "good": "active",
            "bad": "failed",
        }
        found = await server.team("default").database.read(
            lambda reader: [row[0] for row in reader.all("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        )
        assert "good" in found
        assert "half" not in found


async def test_a_plugin_may_build_on_the_tables_of_the_core(tmp_path: Path) -> None:
    step = Migration("good", 1, "index", "CREATE INDEX good_kind ON events (kind);")
    async with open_server(tmp_path, plugins={"good": WithTables(step)}) as server:
        assert server.plugins.plugins["good"].state == "active"


def test_what_was_written_before_is_found_and_sorted_as_folded_now(connection: sqlite3.Connection) -> None:
    """A database of before the folding: its index of messages and its titles of tasks are made anew."""
    features = ("agents", "channels", "files", "messages", "tasks")
    steps = [step for feature in features for step in load_migrations(feature, f"teammcp.features.{feature}")]
    connection.execute("PRAGMA foreign_keys = OFF")
    migrate(connection, [step for step in steps if step.name not in ("folding", "title_folded")])
    for number, (text, deleted) in enumerate([("केला 🎉", 0), ("Die Straße", 0), ("gone straße", 1)], 1):
        connection.execute(
            "INSERT INTO messages (id, channel_id, seq, sender, content, mentions, priority, ack_required, has_file,"
            " created_at, deleted) VALUES (?, 'general', ?, 'ann', ?, '[]', 'later', 0, 1, 1, ?)",
            (number, number, text, deleted),
        )
    columns = [row[1] for row in connection.execute("PRAGMA table_info(channels)") if row[3] and row[4] is None]
    values = {"id": "general", "kind": "group"}
    connection.execute(
        f"INSERT INTO channels ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
        [values.get(column, 0) for column in columns],
    )
    migrate(connection, steps)
    connection.row_factory = sqlite3.Row
    reader = SqliteTransaction(connection)
    for query, expected in (("STRASSE", [2]), ("केला", [1]), ("किला", [])):
        assert search.INDEX.search(reader, parse_terms(query), limit=5) == expected
    narrowed = search.parse("in:general has:file from:ann straße")
    assert search.newest(reader, narrowed, search.Sight({"general"}, set()), 0, 9, 5) == [2]
    assert search.INDEX.search(reader, narrowed.terms, [[search.OPEN], *search.narrowing(narrowed)], limit=5) == [2]


# -- on the data of a team ---------------------------------------------------------------------------------------------

POLLS = Migration("polls", 1, "create", "CREATE TABLE polls (id INTEGER PRIMARY KEY, title TEXT);")
DOUBLES = (
    "INSERT INTO polls (title) VALUES ('a'), ('a')",
    "INSERT INTO polls (title) VALUES ('b')",
)
UNFIT = {
    "fails on the data": Migration("polls", 2, "unique", "CREATE UNIQUE INDEX polls_title ON polls (title);"),
    "was edited": Migration("polls", 1, "create", POLLS.sql + " -- edited"),
    "is older than the data": None,
}


def polls(how: str) -> WithTables:
    """The plugin as it is installed later."""
    step = UNFIT[how]
    if step is None:
        return WithTables()
    return WithTables(step) if step.number == 1 else WithTables(POLLS, step)


@pytest.fixture
async def used(tmp_path: Path) -> Path:
    """A data folder in which the plugin polls has been at work, in two teams."""
    later = Migration("polls", 2, "later", "ALTER TABLE polls ADD COLUMN size INTEGER;")
    for name, steps, more in (("used", (POLLS,), ()), ("newer", (POLLS, later), ("blue",))):
        async with open_server(tmp_path / name, plugins={"polls": WithTables(*steps)}) as server:
            for team in more:
                await server.create_team(team)
            for statement in DOUBLES:
                await server.team("default").database.write(lambda tx, sql=statement: tx.execute(sql))
    return tmp_path


@pytest.mark.parametrize(
    ("how", "folder", "words"),
    [
        ("fails on the data", "used", "UNIQUE constraint failed: polls.title, in step 2 of 'polls' .unique."),
        ("was edited", "used", "Step 1 of 'polls' was changed"),
        ("is older than the data", "newer", "it has step 2 of 'polls'"),
    ],
)
async def test_a_plugin_whose_step_does_not_fit_a_team_is_switched_off_alone(
    used: Path, how: str, folder: str, words: str
) -> None:
    other = WithTables(Migration("other", 1, "create", "CREATE TABLE other (id INTEGER);"))
    found = WithTables(POLLS) if how == "is older than the data" else polls(how)
    async with open_server(used / folder, plugins={"polls": found, "other": other}) as server:
        info = server.plugins.plugins["polls"]
        assert (info.state, server.plugins.plugins["other"].state) == ("failed", "active")
        assert re.search(words, info.error or "")
        assert f"team '{'blue' if folder == 'newer' else 'default'}'" in (info.error or "")
        assert "name it in disabled_plugins" in (info.error or "")
        database = server.team("default").database
        assert await database.read(lambda reader: reader.value("SELECT count(*) FROM polls")) == 3
        assert await database.read(lambda reader: reader.value("SELECT count(*) FROM other")) == 0
        assert await database.read(lambda reader: reader.value("SELECT 1 FROM migrations WHERE number = 1 LIMIT 1"))
    async with open_server(used / folder) as server:  # as the sentence says
        assert server.teams


class PollMade(EventData, kind="poll.made"):
    """A poll was made."""


async def test_a_plugin_whose_step_does_not_fit_contributes_nothing(used: Path) -> None:
    broken = polls("fails on the data")
    broken.register_event_kinds = hookimpl(lambda: [PollMade])  # type: ignore[attr-defined]
    async with open_server(used / "used", plugins={"polls": broken}) as server:
        assert not server.plugins.handles("register_event_kinds")


async def test_a_step_that_is_tried_out_changes_nothing_and_is_applied_then(used: Path) -> None:
    grown = Migration("polls", 2, "grow", "ALTER TABLE polls ADD COLUMN size INTEGER;")
    async with open_server(used / "used", plugins={"polls": WithTables(POLLS, grown)}) as server:
        assert server.plugins.plugins["polls"].state == "active"
        found = await server.team("default").database.read(
            lambda reader: reader.value("SELECT count(*) FROM polls WHERE size IS NULL")
        )
        assert found == 3


async def test_a_step_of_the_core_that_does_not_fit_ends_the_start_and_blames_no_plugin(used: Path) -> None:
    with closing(sqlite3.connect(used / "used/teams/default/team.db")) as connection, connection:
        connection.execute("INSERT INTO migrations VALUES ('events', 99, 'later', 'x', '2030-01-01')")
    plugin = WithTables(POLLS)
    with pytest.raises(StartError, match="it has step 99 of 'events'"):
        async with open_server(used / "used", plugins={"polls": plugin}):
            pass
