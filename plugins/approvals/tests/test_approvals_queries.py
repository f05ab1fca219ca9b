"""Every query of the plugin uses an index, whatever it is asked for."""

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
import teammcp_approvals
from teammcp_approvals.requests import queries, voice_queries
from teammcp_approvals.rules import queries as rule_queries

from teammcp import load_migrations
from teammcp.storage.sqlite.connections import SqliteTransaction

READ_WHOLE = {"rules"}
"""Read once, when a team is opened."""
SORTS_LITTLE = {"waiting"}
"""What waits for one member is found by an index, and is little."""
EXAMPLES: dict[type, list[Any]] = {bool: [True, False], int: [1], str: ["ann"]}


def functions() -> dict[str, Callable[..., Any]]:
    return {
        name: function
        for module in (queries, rule_queries, voice_queries)
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and name not in {"approvers"}
    }


def values(hint: Any) -> list[Any]:
    if hint is type(None):
        return [None]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return [value for part in parts for value in values(part)]
    if origin in (list, Sequence):
        return [values(parts[0])[:1] * 2]
    return EXAMPLES[hint]


class Recorder(SqliteTransaction):
    """Explains each statement instead of trusting it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.statements = 0
        self.plans: list[str] = []

    def _explain(self, sql: str, parameters: Sequence[Any]) -> None:
        self.statements += 1
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
    """A database with the plugin's tables."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    for step in load_migrations("approvals", teammcp_approvals.__name__):
        connection.executescript(step.sql)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", functions())
def test_no_query_looks_through_everything(connection: sqlite3.Connection, name: str) -> None:
    function = functions()[name]
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters)[1:]
    recorder = Recorder(connection)
    for arguments in itertools.product(*(values(hints[parameter]) for parameter in parameters)):
        connection.execute("BEGIN")
        function(recorder, *arguments)
        connection.execute("ROLLBACK")
    assert recorder.statements
    scans = [plan for plan in recorder.plans if re.match(r"SCAN (?!capped|CONSTANT)", plan)]
    sorts = [plan for plan in recorder.plans if plan.startswith("USE TEMP B-TREE FOR ORDER BY") and "LIMIT" in plan]
    assert name in READ_WHOLE or scans == []
    assert name in SORTS_LITTLE or sorts == []
