"""A table belongs to one part of the program: nobody else writes it, and who reads it stands in one short list.

Each function of each module of queries is called, of the core and of the plugins in this repository, and what it runs
is parsed. Besides, a team works for a while, and each statement is held against the module that ran it. The same
statements have to be what SQLite and PostgreSQL both take.
"""

from __future__ import annotations

import ast
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import teammcp_approvals
import teammcp_audit
import teammcp_claude_launcher
import teammcp_email
import teammcp_knowledge
import teammcp_projects
from sqlglot import exp, parse_one
from teammcp_audit.models import Report
from teammcp_audit.queries import Conditions
from teammcp_audit.reports.queries import Scope
from teammcp_audit.seals.chain import Block
from teammcp_claude_launcher.runs.queries import CHANGING
from teammcp_knowledge.gaps.queries import LISTS
from teammcp_projects.registry.queries import FACTS

import teammcp
from teammcp.storage.sqlite.connections import SqliteTransaction
from teammcp.storage.sqlite.migrations import migrate
from teammcp.testing import TestTeam
from tests.portable_sql import Schema, unportable
from tests.sqlkit import EXAMPLES, IN_DATABASES_OF_THEIR_OWN, Examples, Recorder, calls, database, functions, run, steps
from tests.test_queries import work

PACKAGES: tuple[ModuleType, ...] = (
    teammcp,
    teammcp_approvals,
    teammcp_audit,
    teammcp_claude_launcher,
    teammcp_email,
    teammcp_knowledge,
    teammcp_projects,
)

GIVEN_AWAY = {"deliveries": "deliveries"}
"""Tables that another part owns now than the one whose step made them: those of messages made this one."""

READS = {
    ("messages", "agents"): "what kind of member wrote a message stands beside each message that is read",
    ("deliveries", "agents"): "of all that is asked of somebody, only what is asked of those who are away is looked at",
    ("deliveries", "channels"): "which of an agent's channels hold something new is found in one statement",
    ("deliveries", "channel_members"): "who was there when a message was sent, in the one statement of a receipt",
    ("deliveries", "messages"): "what is unread is counted as a span of numbers, less the few that do not count",
}
"""Tables of others that a part reads beside its own, because a call of their owner for each row would be too slow.

Nobody writes a table of others. Views, whose names begin with ``v_``, are for everybody.
"""

SQL_ELSEWHERE = {
    "teammcp.server.timekeeping": "a plugin tells by `Countdown` which of its own columns are moved",
}
"""Modules that run SQL without being modules of queries, beside those of storage."""

DIALECT = {
    "teammcp.events.queries.stored_events": "CAST AS BLOB: the bytes of a text that may have been altered",
    "teammcp_audit.queries.seal": "CAST AS BLOB: digests that may have been altered",
    "teammcp_audit.queries.last_seal": "the same",
    "teammcp_audit.queries.seals": "the same",
    "teammcp_audit.queries.unarchived": "the same",
    "teammcp_audit.queries.unpruned": "the same",
    "teammcp_audit.reports.message_queries.answers": "group_concat: string_agg, which SQLite has since 3.44",
}
"""Functions whose statement is not yet the same for both engines, each with what is in the way.

Full text is in ``teammcp.storage``, and migrations have statements of their own for what is declared differently.
"""

OF_THEIR_TYPES: Examples = {
    Block: [Block(1, 1, 1, "x", b"")],
    Conditions: [
        Conditions(),
        Conditions({"actor": "a", "kind": "k"}, "p", "x%", ("a", "b")),
        Conditions({"kind": "k"}, sent=False),
    ],
    Report: [
        Report(
            id=0, report_type="anomaly", visibility="all", project_id=None, since=0, until=1, finding_count=0,
            generated_by="ann", generated_at=1, figures={}, sections=[], time_zone="UTC",
        )
    ],
    Scope: [
        Scope(0, 3 * 86_400_000, range(1, 5), range(1, 5), project, open_only)
        for project in (None, "p")
        for open_only in (False, True)
    ],
    range: [range(1, 5)],
}  # fmt: skip
OF_PLUGINS: Examples = {
    **EXAMPLES,
    **OF_THEIR_TYPES,
    "column": ["created_at", "started_at", "closed_at"],
    "facts": [dict.fromkeys(FACTS, 1)],
    "lists": [dict.fromkeys(LISTS, "[]")],
    "values": [dict.fromkeys(CHANGING, 1)],
}


def part_of(module: str) -> str:
    """The feature, plugin or package of the core that a module belongs to, by the name of its migrations."""
    for part, package in IN_DATABASES_OF_THEIR_OWN.items():
        if module.startswith(f"{package}."):
            return part
    names = module.split(".")
    if names[0] != "teammcp":
        return names[0].removeprefix("teammcp_")
    return names[2] if names[1] == "features" else names[1]


@cache
def owners() -> dict[str, str]:
    """Who owns each table."""
    made = {
        table: step.feature
        for step in steps(plugins=True)
        for table in re.findall(r"CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?(\w+)", step.sql)
    }
    return {**made, **GIVEN_AWAY}


@cache
def schema() -> Schema:
    """Of each table and view its columns, and whether each may be null."""
    connection = database(plugins=True)
    made = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
    tables = {
        name: {
            row["name"]: not (row["notnull"] or row["pk"]) for row in connection.execute(f"PRAGMA table_info({name})")
        }
        for kind, name, _ in made
        if kind == "table"
    }
    connection.close()
    return {**tables, **{name: view_columns(sql, tables) for kind, name, sql in made if kind == "view"}}


def view_columns(sql: str, tables: Schema) -> dict[str, bool]:
    """The columns of a view, and whether each may be null, which SQLite does not say."""
    select = parse_one(sql, read="sqlite").find(exp.Select)
    assert select is not None
    sources = {table.alias_or_name: table.name for table in select.find_all(exp.Table)}
    outer = {join.this.alias_or_name for join in select.find_all(exp.Join) if join.side == "LEFT"}
    found = {}
    for column in select.selects:
        alias = column.unalias().table or next(iter(sources))
        found[column.alias_or_name] = alias in outer or tables[sources[alias]][column.unalias().name]
    return found


def trespasses(part: str, sql: str) -> Iterator[str]:
    """The tables of others that a statement of a part writes, or reads without that it is in the list."""
    tree = parse_one(sql, read="sqlite")
    written = None
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
        written = tree.this.find(exp.Table)
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        name = table.name
        owner = owners().get(name)
        if name in named or name.startswith(("v_", "sqlite_")) or owner == part:
            continue
        if owner is None:
            yield f"{part} names {name}, which no migration makes"
        elif table is written:
            yield f"{part} writes {name}, which is a table of {owner}"
        elif (part, name) not in READS:
            yield f"{part} reads {name}, which is a table of {owner}"


@cache
def statements() -> dict[str, tuple[str, ...]]:
    """What each function of each module of queries runs."""
    connection = database(plugins=True)
    found: dict[str, tuple[str, ...]] = {}
    for package in PACKAGES:
        examples = EXAMPLES if package is teammcp else OF_PLUGINS
        for name, function in functions(package).items():
            recorder = Recorder(connection)
            for arguments in calls(function, examples):
                run(recorder, function, arguments)
            found[name] = tuple(dict.fromkeys(recorder.statements))
    connection.close()
    return found


def test_each_function_of_queries_is_seen_at_work() -> None:
    assert [name for name, ran in statements().items() if not ran] == []
    assert len(statements()) > 300


def test_no_part_touches_a_table_of_another() -> None:
    found = [
        f"{fault}: {name}"
        for name, ran in statements().items()
        for sql in ran
        for fault in trespasses(part_of(name), sql)
    ]
    assert found == []


def test_the_list_of_tables_read_holds_nothing_that_is_not_needed() -> None:
    read = {
        (part_of(name), table.name)
        for name, ran in statements().items()
        for sql in ran
        for table in parse_one(sql, read="sqlite").find_all(exp.Table)
    }
    assert set(READS) <= read


def test_no_statement_is_for_one_engine_alone() -> None:
    found = [
        f"{fault}: {name}: {sql}"
        for name, ran in statements().items()
        if name not in DIALECT
        for sql in ran
        for fault in unportable(sql, schema())
    ]
    assert found == []


def test_the_list_of_statements_in_a_dialect_holds_nothing_that_both_engines_take() -> None:
    takers = {name for name in DIALECT if any(unportable(sql, schema()) for sql in statements()[name])}
    assert takers == set(DIALECT)


def test_numbers_are_given_as_numbers() -> None:
    given: set[str] = set()

    class Careful(Recorder):
        def look(self, sql: str, parameters: Any) -> None:
            if any(isinstance(value, bool) or (isinstance(value, str) and "\x00" in value) for value in parameters):
                given.add(sql)

    connection = database(plugins=True)
    for package in PACKAGES:
        for function in functions(package).values():
            for arguments in calls(function, EXAMPLES if package is teammcp else OF_PLUGINS):
                run(Careful(connection), function, arguments)
    connection.close()
    assert given == set(), "true and false are no numbers to PostgreSQL, and it knows no NUL"


# -- at work ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What is run during the test: the module that asked for it, and the statement."""
    found: set[tuple[str, str]] = set()

    def watch(name: str) -> None:
        original = getattr(SqliteTransaction, name)

        def watched(self: SqliteTransaction, sql: str, *arguments: Any) -> Any:
            found.add((sys._getframe(1).f_globals["__name__"], sql))
            return original(self, sql, *arguments)

        monkeypatch.setattr(SqliteTransaction, name, watched)

    for name in ("all", "one", "value", "execute", "execute_many", "insert"):
        watch(name)
    return found


async def test_a_working_team_runs_nothing_else(team: TestTeam, ran: set[tuple[str, str]]) -> None:
    await work(team)
    await team.server.settle()
    ran = {(module, sql) for module, sql in ran if module.startswith("teammcp.") and not is_storage(module)}
    assert len(ran) > 200
    found = []
    for module, sql in ran:
        if module not in SQL_ELSEWHERE:
            found += [f"{fault}: {module}" for fault in trespasses(part_of(module), sql)]
        if module not in {name.rpartition(".")[0] for name in DIALECT}:
            found += [f"{fault}: {module}: {sql}" for fault in unportable(sql, schema())]
    assert found == []


def is_storage(module: str) -> bool:
    return module.startswith("teammcp.storage.")


# -- where SQL stands ------------------------------------------------------------------------------------------------


STATEMENT = re.compile(r"\s*(SELECT\s|INSERT INTO\s|UPDATE\s+\w*\s*(SET\b|$)|DELETE FROM\s|WITH \w+ AS\b)")


def sources() -> Iterator[tuple[str, Path]]:
    """Every module of the program and its plugins."""
    for package in PACKAGES:
        root = Path(package.__path__[0])
        for path in root.rglob("*.py"):
            yield ".".join((root.name, *path.relative_to(root).with_suffix("").parts)), path


def texts(path: Path) -> Iterable[str]:
    """The texts in a module, the constant parts of those that are put together too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_sql_stands_in_modules_of_queries() -> None:
    found = [
        f"{module}: {text[:60]}"
        for module, path in sources()
        if not module.endswith("queries") and not is_storage(module) and module not in SQL_ELSEWHERE
        for text in texts(path)
        if STATEMENT.match(text)
    ]
    assert found == []


def test_an_index_is_made_by_the_owner_of_its_table() -> None:
    made: dict[str, tuple[str, str]] = {}
    for step in steps(plugins=True):
        for name, table, dropped in re.findall(
            r"CREATE (?:UNIQUE )?INDEX (\w+)\s+ON (\w+)|DROP INDEX (?:IF EXISTS )?(\w+)", step.sql
        ):
            if dropped:
                made.pop(dropped, None)
            else:
                made[name] = (step.feature, table)
    # The steps of messages made the indexes of deliveries, before these had a part of their own.
    foreign = {
        name: place for name, place in made.items() if place[0] != owners()[place[1]] and place[1] not in GIVEN_AWAY
    }
    assert foreign == {}


def columns_of(connection: sqlite3.Connection) -> dict[str, list[tuple[str, str, int]]]:
    """What a database consists of: each table, view and index with what is in it."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    query = 'SELECT name, type, "notnull" FROM pragma_table_xinfo(?)'
    return {name: connection.execute(query, (name,)).fetchall() for (name,) in names}


def test_data_of_an_earlier_version_comes_to_the_same_tables(tmp_path: Path) -> None:
    new, old = (sqlite3.connect(tmp_path / name, isolation_level=None) for name in ("new.db", "old.db"))
    migrate(new, steps(plugins=True))
    migrate(old, [step for step in steps(plugins=True) if step.number <= BEFORE_VIEWS.get(step.feature, 1000)])
    assert columns_of(old) != columns_of(new)
    migrate(old, steps(plugins=True))
    assert columns_of(old) == columns_of(new)
    for connection in (new, old):
        connection.close()


BEFORE_VIEWS = {"events": 3, "agents": 2, "channels": 1, "messages": 5, "deliveries": 0, "state": 1, "tasks": 4} | {
    "guard": 2,
    "audit": 2,
}
"""The last step of each part that a version without cursors and views had."""


def test_each_view_is_described_with_all_its_columns() -> None:
    described = {
        row[0].strip(" `"): set(re.findall(r"`(\w+)`", row[2]))
        for line in (Path(__file__).parents[1] / "docs/plugins/views.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `v_") and (row := line.strip("|").split("|"))
    }
    views = {name: set(columns) for name, columns in schema().items() if name.startswith("v_")}
    assert set(described) == set(views)
    assert [name for name, columns in views.items() if columns - described[name]] == []


# -- that all this can fail ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "sql", "fault"),
    [
        ("inbox", "UPDATE deliveries SET acked_at = ?", "inbox writes deliveries, which is a table of deliveries"),
        ("channels", "DELETE FROM cursors WHERE agent = ?", "channels writes cursors, which is a table of deliveries"),
        ("deliveries", "DELETE FROM messages", "deliveries writes messages, which is a table of messages"),
        ("audit", "SELECT max(id) FROM events", "audit reads events, which is a table of events"),
        ("inbox", "INSERT INTO pins (message_id) SELECT ?", "inbox writes pins, which is a table of messages"),
        (
            "guard",
            "WITH m AS (SELECT id FROM messages) SELECT count(*) FROM m",
            "guard reads messages, which is a table of messages",
        ),
        (
            "files",
            "SELECT f.id FROM files f JOIN nowhere n ON n.id = f.id",
            "files names nowhere, which no migration makes",
        ),
    ],
)
def test_a_trespass_is_noticed(part: str, sql: str, fault: str) -> None:
    assert list(trespasses(part, sql)) == [fault]


@pytest.mark.parametrize(
    ("part", "sql"),
    [
        ("deliveries", "SELECT d.agent FROM deliveries d JOIN messages m ON m.id = d.message_id"),
        ("audit", "SELECT max(id) FROM v_events"),
        ("files", "WITH f AS (SELECT id FROM files) SELECT id FROM f"),
    ],
)
def test_what_is_allowed_is_no_trespass(part: str, sql: str) -> None:
    assert list(trespasses(part, sql)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM (SELECT 1 FROM tasks LIMIT ?)",
        "SELECT m.id FROM messages m CROSS JOIN channels c ON c.id = m.channel_id",
        "SELECT id FROM tasks WHERE +scope = ?",
        "SELECT id FROM tasks WHERE ? IS NULL OR scope = ?",
        "SELECT id FROM tasks WHERE parent_id IS ?",
        "SELECT id FROM tasks WHERE (? OR scope = ?)",
        "SELECT id FROM tasks WHERE deleted AND scope = ?",
        "SELECT CASE WHEN deleted = 1 THEN ? END FROM tasks",
        "SELECT max(created_at, updated_at) FROM tasks",
        "SELECT group_concat(id) FROM tasks",
        "SELECT ifnull(parent_id, 0) FROM tasks",
        "SELECT strftime('%s', 'now')",
        "SELECT json_extract(data, '$.id') FROM events",
        "SELECT CAST(? AS INTEGER) FROM tasks",
        "SELECT CAST(title AS BLOB) FROM tasks",
        "SELECT rowid FROM tasks",
        "SELECT id FROM tasks WHERE title LIKE ?",
        "SELECT id FROM tasks WHERE title GLOB ?",
        "SELECT id FROM tasks WHERE id IN ()",
        "SELECT id FROM tasks ORDER BY due_at",
        "SELECT status, title FROM tasks GROUP BY status",
        "SELECT status, count(*) AS n FROM tasks GROUP BY status ORDER BY title",
        "INSERT OR REPLACE INTO pins (message_id) VALUES (?)",
        "INSERT INTO budgets (agent, messages) VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET messages = messages + 1",
        "SELECT seq FROM sqlite_sequence",
    ],
)
def test_what_postgresql_does_not_take_or_means_otherwise_is_noticed(sql: str) -> None:
    assert list(unportable(sql, schema()))


def test_an_index_on_a_table_of_another_is_noticed_as_the_steps_have_some() -> None:
    foreign = [
        (step.feature, table)
        for step in steps(plugins=True)
        for table in re.findall(r"CREATE INDEX \w+\s+ON (\w+)", step.sql)
        if owners()[table] != step.feature and table not in GIVEN_AWAY
    ]
    assert ("guard", "messages") in foreign, "applied steps stay as they are; later ones drop what they made"


def test_columns_that_may_be_null_are_known() -> None:
    assert schema()["tasks"]["due_at"] is True
    assert schema()["tasks"]["id"] is False
    assert schema()["v_tasks"]["due_at"] is True
    assert schema()["v_tasks"]["title"] is False
    assert schema()["v_state_changes"]["previous_owner"] is True
