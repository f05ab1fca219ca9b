"""Every statement that the program and its plugins run: found by calling each function of each module of queries."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
import sqlite3
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from teammcp.features import built_in
from teammcp.features.tasks.tasks.list_queries import START, TEXTS, Sorting, TaskFilter
from teammcp.plugins import PluginManager
from teammcp.storage import Migration, load_migrations
from teammcp.storage.sqlite.connections import SqliteTransaction
from teammcp.storage.sqlite.migrations import migrate
from teammcp.web import plugin

EXAMPLES: dict[str | type, list[Any]] = {
    "acked": [0],
    "cursor": ["offered", "read", "acked"],
    "channel": ["general"],
    "channel_id": ["general"],
    "marks": [{1: "x"}],
    "columns": [{"result": "x"}],
    "new": [{"title": "x"}],
    "old": [["x"]],
    "wanted": [
        TaskFilter(["", "plans"], **narrowed)
        for narrowed in (
            {},
            {"status": ["todo"]},
            {"status": ["todo", "doing"], "priority": [0, 1]},
            {"assignee": "ann"},
            {"assignee": "", "due_before": 1},
            {"creator": "ann", "words": ["a", "b"]},
            {"parent_id": 0, "status": ["todo"]},
            {"parent_id": 1},
            {"goal_id": 1, "status": ["done"]},
            {"label": "x"},
            {"label": "x", "status": ["todo"], "assignee": "ann"},
        )
    ],
    "sorting": [
        Sorting(order, descending, after)
        for order in START
        for descending in (False, True)
        for after in (None, ("x", 1) if order in TEXTS else (1, 1))
    ],
}
"""Arguments, by name, for which a made-up text would not do."""


def modules(package: types.ModuleType) -> Iterator[types.ModuleType]:
    """Every module of a package whose name ends with ``queries``."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.endswith("queries"):
            yield importlib.import_module(module.name)


def functions(package: types.ModuleType) -> dict[str, Callable[..., Any]]:
    """The public functions of these that take a reader or a transaction, by module and name."""
    return {
        f"{module.__name__}.{name}": function
        for module in modules(package)
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") in ("reader", "tx")
    }


Examples = Mapping[str | type, list[Any]]
"""Arguments by the name or the type of a parameter."""


def values(name: str, hint: Any, examples: Examples = EXAMPLES) -> list[Any]:
    """What to call a function with; each alternative of an optional argument counts."""
    for known in (name, hint):
        if known in examples:
            return examples[known]
    if hint is type(None):
        return [None]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return [value for part in parts for value in values(name, part, examples)]
    if origin is tuple and Ellipsis not in parts:
        return [tuple(values(name, part, examples)[0] for part in parts)]
    if origin in (list, set, Sequence, Iterable, tuple):
        return [values(name, parts[0], examples)[:1] * 2]
    if origin is typing.Literal:
        return list(parts)
    simple: dict[Any, list[Any]] = {bool: [True, False], int: [1], str: ["ann"], float: [1.0]}
    assert hint in simple, f"say in EXAMPLES what the argument '{name}' of type {hint} may be"
    return simple[hint]


def calls(function: Callable[..., Any], examples: Examples = EXAMPLES) -> Iterator[dict[str, Any]]:
    """The arguments to call a function with, beside its reader or transaction."""
    hints = typing.get_type_hints(function)
    names = list(inspect.signature(function).parameters)[1:]
    for chosen in itertools.product(*(values(name, hints[name], examples) for name in names)):
        yield dict(zip(names, chosen, strict=True))


class Recorder(SqliteTransaction):
    """A transaction that keeps each statement that it runs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.statements: list[str] = []

    def look(self, sql: str, parameters: Sequence[Any]) -> None:
        """See a statement before it runs."""
        self.statements.append(sql)

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        self.look(sql, parameters)
        return super().all(sql, parameters)

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        self.look(sql, parameters)
        return super().one(sql, parameters)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        self.look(sql, parameters)
        return super().value(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self.look(sql, parameters)
        return super().execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        assert rows, "the example gave nothing to write"
        self.look(sql, rows[0])
        super().execute_many(sql, rows)

    def insert(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self.look(sql, parameters)
        return super().insert(sql, parameters)


def run(recorder: Recorder, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Call a function, and undo what it did."""
    connection = recorder._connection
    connection.execute("BEGIN")
    try:
        function(recorder, **arguments)
    except (sqlite3.IntegrityError, LookupError):
        pass  # a made-up row need not fit or be there; the statement was looked at, and the next is another variant's
    finally:
        connection.execute("ROLLBACK")


IN_DATABASES_OF_THEIR_OWN = {"claude_launcher.runner": "teammcp_claude_launcher.runner"}
"""Tables that programs beside the server keep: the name of their steps, and the package that these are in."""


@cache
def steps(plugins: bool = False) -> tuple[Migration, ...]:
    """The steps of all tables, in the order in which they are applied; if wanted also those of installed plugins."""
    manager = PluginManager({**built_in(), "web": plugin})
    if plugins:
        manager.discover()
    found = load_migrations("events", "teammcp.events") + load_migrations("operations", "teammcp.operations")
    for _, migrations in manager.collect("register_migrations"):
        found += migrations
    for name, package in IN_DATABASES_OF_THEIR_OWN.items() if plugins else ():
        found += load_migrations(name, package)
    return tuple(found)


def database(path: Any = ":memory:", *, plugins: bool = False) -> sqlite3.Connection:
    """A database with all tables, and one row in those that others refer to."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, steps(plugins))
    connection.executescript(
        """
        INSERT INTO agents (name, folded, kind, role, access, description, created_at)
            VALUES ('ann', 'ann', 'agent', '', 2, '', 0);
        INSERT INTO messages
            (id, channel_id, seq, sender, content, mentions, priority, ack_required, has_file, created_at)
            VALUES (1, 'general', 1, 'ann', 'hello', '[]', 'next', 0, 0, 0);
        INSERT INTO channel_members (agent, channel_id, joined_at) VALUES ('ann', 'general', 0);
        """
    )
    return connection
