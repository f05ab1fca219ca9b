"""Brings SQLite databases up to date, in one transaction, and tries out whether that would go well."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from ...text.folding import fold_text
from ...text.unspaced import pairs, spread
from ..failures import failure_of
from ..migrations import Migration, StepFailed, check_applied
from . import fts5

TABLE = """
CREATE TABLE IF NOT EXISTS migrations (
    feature TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL, PRIMARY KEY (feature, number)
)
"""


def migrate(connection: sqlite3.Connection, migrations: Iterable[Migration]) -> None:
    """Bring a database up to date, or leave it untouched.

    Steps of features that are not installed now stay as they are.

    Raises:
        StepFailed: the database is newer than the code, or an applied step was edited.
        sqlite3.Error: a step fails; its notes say which.
    """
    steps = list(migrations)
    _lend_functions(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _bring_up_to_date(connection, steps)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _lend_functions(connection: sqlite3.Connection) -> None:
    """For steps that bring what was folded in another way up to date."""
    for function, arguments in ((fold_text, 1), (spread, 1), (pairs, 1), (fts5.facet, 2)):
        connection.create_function(function.__name__, arguments, function, deterministic=True)


def _bring_up_to_date(connection: sqlite3.Connection, steps: list[Migration]) -> None:
    connection.execute(TABLE)
    applied = _applied(connection)
    check_applied(steps, applied)
    for step in steps:
        if (step.feature, step.number) not in applied:
            _apply(connection, step)


def _applied(connection: sqlite3.Connection) -> dict[tuple[str, int], str]:
    rows = connection.execute("SELECT feature, number, checksum FROM migrations")
    return {(feature, number): checksum for feature, number, checksum in rows}


def try_out(path: Path, parts: Sequence[tuple[str, Sequence[Migration]]]) -> dict[str, StepFailed]:
    """Which parts' steps a database does not take, and why. It stays as it is.

    Args:
        path: the database, which nobody is using.
        parts: each with its steps, in order; those of one that fails are left out for those behind it.
    """
    failed: dict[str, StepFailed] = {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        if _is_up_to_date(connection, [step for _, steps in parts for step in steps]):
            return failed
        _lend_functions(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for name, steps in parts:
                connection.execute("SAVEPOINT part")
                try:
                    _bring_up_to_date(connection, list(steps))
                except (StepFailed, sqlite3.Error) as error:
                    if failure_of(error) is not None:  # a full disk, say, of which the step knows nothing
                        raise
                    failed[name] = error if isinstance(error, StepFailed) else _told(error)
                    connection.execute("ROLLBACK TO part")
                connection.execute("RELEASE part")
        finally:
            connection.execute("ROLLBACK")
    return failed


def _told(error: sqlite3.Error) -> StepFailed:
    return StepFailed(f"{error}, {'; '.join(error.__notes__)}.")


def _is_up_to_date(connection: sqlite3.Connection, steps: list[Migration]) -> bool:
    try:
        applied = _applied(connection)
        check_applied(steps, applied)
    except (StepFailed, sqlite3.OperationalError):  # the latter: there is no table of steps yet
        return False
    return all((step.feature, step.number) in applied for step in steps)


@cache  # a process may make many teams
def blank(steps: tuple[Migration, ...]) -> bytes:
    """A database that has gone through all steps and holds nothing.

    Raises:
        Exception: a step is broken.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, steps)
        return connection.serialize()


def prepare(connection: sqlite3.Connection, steps: tuple[Migration, ...]) -> None:
    """`migrate`, but that a new database is copied from one that went through all steps before.

    Raises:
        StartError: see `migrate`.
    """
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]:
        with closing(sqlite3.connect(":memory:")) as source:
            source.deserialize(blank(steps))
            source.backup(connection)
    migrate(connection, steps)


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    try:
        for statement in _statements(step.sql):
            for part in fts5.made_of(statement):
                connection.execute(part)
    except sqlite3.Error as error:
        error.add_note(f"in step {step.number} of '{step.feature}' ({step.name})")
        raise
    connection.execute(
        "INSERT INTO migrations (feature, number, name, checksum, applied_at) VALUES (?, ?, ?, ?, datetime('now'))",
        (step.feature, step.number, step.name, step.checksum),
    )


def _statements(script: str) -> Iterator[str]:
    """Split a script; sqlite3's own executescript would commit the transaction around it."""
    statement = ""
    for part in re.split("(?<=;)", script):  # SQLite knows which of them end a statement
        statement += part
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
