"""What grows is read by an index: runs and what happened in them, and a runner's journal."""

from __future__ import annotations

import inspect
import itertools
import re
import sqlite3
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import teammcp_claude_launcher
from teammcp_claude_launcher import runner
from teammcp_claude_launcher.machines import queries as machine_queries
from teammcp_claude_launcher.runner import journal_queries
from teammcp_claude_launcher.runs import queries as run_queries
from teammcp_claude_launcher.tasks import queries as task_queries

from teammcp import load_migrations
from teammcp.storage.sqlite.connections import SqliteTransaction

GROW = {
    "launcher_runs",
    "launcher_entries",
    "launcher_tokens",
    "launcher_task_usage",
    "launcher_task_limits",
    "journal",
}
"""Machines, homes and credentials are as few as people and agents."""
OF_THE_CORE = """
CREATE VIEW v_messages AS SELECT 1 AS id, 'ann' AS sender, 'dm:ann:bob' AS channel;
CREATE VIEW v_channels AS SELECT 'dm:ann:bob' AS id, 'dm' AS kind;
CREATE VIEW v_tasks AS
    SELECT 1 AS id, 'ann' AS creator, 'ann' AS assignee, 'doing' AS status, '' AS scope, 1 AS started_at, 0 AS deleted;
"""
EXAMPLES: dict[Any, list[Any]] = {bool: [True, False], int: [1], str: ["ann"]}
LIVE_AND_FEW = {"listed", "doing"}
"""What is sorted is little: an agent has one run at most that has not ended, and few tasks in doing."""


def functions() -> dict[str, Callable[..., Any]]:
    return {
        name: function
        for module in (run_queries, machine_queries, task_queries, journal_queries)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__
    }


def values(hint: Any) -> list[Any]:
    if hint is type(None):
        return [None]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return [value for part in parts for value in values(part)]
    if origin is tuple:
        return [tuple(values(part)[0] for part in parts)]
    if origin in (list, Sequence):
        found = values(parts[0])[:1]
        return [found if isinstance(found[0], tuple) else found * 2]
    if origin is not None:  # the columns of a run
        return [dict.fromkeys(run_queries.CHANGING, 1)]
    return EXAMPLES[hint]


class Recorder(SqliteTransaction):
    """Explains each statement instead of trusting it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def _explain(self, sql: str, parameters: Sequence[Any]) -> None:
        self.plans += [f"{row[3]}: {sql}" for row in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        self._explain(sql, parameters)
        return super().all(sql, parameters)

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        self._explain(sql, parameters)
        return super().one(sql, parameters)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        self._explain(sql, parameters)
        return super().value(sql, parameters)

    def insert(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._explain(sql, parameters)
        return super().insert(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._explain(sql, parameters)
        return super().execute(sql, parameters)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database with the plugin's tables, and with those of a runner."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    packages = {"claude_launcher": teammcp_claude_launcher, "claude_launcher.runner": runner}
    for name, package in packages.items():
        for step in load_migrations(name, package.__name__):
            connection.executescript(step.sql)
    connection.executescript(OF_THE_CORE)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", functions())
def test_no_query_looks_through_what_grows(connection: sqlite3.Connection, name: str) -> None:
    function = functions()[name]
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters)[1:]
    recorder = Recorder(connection)
    for arguments in itertools.product(*(values(hints[parameter]) for parameter in parameters)):
        connection.execute("BEGIN")
        function(recorder, *arguments)
        connection.execute("ROLLBACK")
    scans = [plan for plan in recorder.plans if (found := re.match(r"SCAN (\w+)", plan)) and found[1] in GROW]
    sorts = [plan for plan in recorder.plans if plan.startswith("USE TEMP B-TREE FOR ORDER BY") and "LIMIT" in plan]
    assert scans == []
    assert name in LIVE_AND_FEW or sorts == []
    by_number_alone = [
        plan for plan in recorder.plans if "PRIMARY KEY (rowid<?)" in plan and "ended_at IS NULL" in plan
    ]
    assert by_number_alone == [], "all runs that ever were are looked through for the few that live"
