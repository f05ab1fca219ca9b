"""The database: group commit, what is durable when, callbacks, callers that go away, and closing."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from teammcp.errors import Unavailable
from teammcp.storage import NumberSeries, Reader, SqliteDatabase, Transaction

TABLES = """
CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE thing_numbers (last INTEGER NOT NULL);
INSERT INTO thing_numbers (last) VALUES (0);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY,
    thing INTEGER NOT NULL REFERENCES things (id),
    owner INTEGER REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED
);
"""


def create(connection: sqlite3.Connection) -> None:
    connection.executescript(TABLES)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(tmp_path / "team" / "team.db", create)
    yield database
    await database.close()


def add(name: str) -> Callable[[Transaction], int]:
    return lambda tx: tx.insert("INSERT INTO things (name) VALUES (?)", (name,))


def names(reader: Reader) -> list[str]:
    return [row["name"] for row in reader.all("SELECT name FROM things ORDER BY id")]


class Gate:
    """A work that holds the writer, so that everything written meanwhile becomes one batch."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._entered = threading.Event()

    def __call__(self, tx: Transaction) -> None:
        self._entered.set()
        assert self._open.wait(10)

    async def batch(self, database: SqliteDatabase, *works: Callable[[Transaction], Any]) -> list[Any]:
        """Run ``works`` in one transaction; their results or exceptions."""
        held = asyncio.create_task(database.write(self))
        await asyncio.to_thread(self._entered.wait, 10)
        tasks = [asyncio.create_task(database.write(work)) for work in works]
        await asyncio.sleep(0)
        self._open.set()
        await held
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_written_is_there_for_the_next_reader_and_after_a_restart(database: SqliteDatabase) -> None:
    key = await database.write(add("one"))
    assert await database.read(lambda reader: reader.value("SELECT name FROM things WHERE id = ?", (key,))) == "one"
    await database.close()
    again = await SqliteDatabase.open(database.path)
    assert await again.read(names) == ["one"]
    await again.close()


async def test_every_commit_is_flushed_to_the_disk(database: SqliteDatabase) -> None:
    def pragmas(tx: Transaction) -> tuple[Any, ...]:
        return tuple(tx.value(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys"))

    assert await database.write(pragmas) == ("wal", 2, 1)


async def test_works_that_queue_up_share_one_transaction(database: SqliteDatabase) -> None:
    transactions = []

    def note(tx: Transaction) -> None:
        transactions.append(tx.value("SELECT count(*) FROM things"))
        add(f"thing {len(transactions)}")(tx)

    begun: list[str] = []
    await database._writer.set_trace_callback(lambda sql: begun.append(sql))  # type: ignore[no-untyped-call]
    await Gate().batch(database, *[note] * 20)
    assert transactions == list(range(20))
    assert sum(sql.startswith("BEGIN") for sql in begun) == 2  # the gate's and the batch's
    assert sum(sql == "COMMIT" for sql in begun) == 2


async def test_a_failing_work_rolls_back_alone(database: SqliteDatabase) -> None:
    def half(tx: Transaction) -> None:
        add("half")(tx)
        raise ValueError("on purpose")

    results = await Gate().batch(database, add("a"), half, add("a"), add("b"))
    assert isinstance(results[1], ValueError)
    assert isinstance(results[2], sqlite3.IntegrityError)
    assert [type(results[0]), type(results[3])] == [int, int]
    assert await database.read(names) == ["a", "b"]


async def test_an_attempt_that_fails_is_undone_alone(database: SqliteDatabase) -> None:
    told: list[str] = []

    def part(tx: Transaction) -> None:
        add("tried")(tx)
        tx.on_commit(lambda: told.append("tried"))
        tx.before_commit(add("step"))
        tx.attempt(add("inner"))
        raise KeyError("on purpose")

    def whole(tx: Transaction) -> int:
        add("before")(tx)
        tx.on_commit(lambda: told.append("whole"))
        with pytest.raises(KeyError):
            tx.attempt(part)
        return tx.attempt(add("after"))

    assert await database.write(whole) == 2
    assert await database.read(names) == ["before", "after"]
    assert told == ["whole"]


async def test_a_failure_at_commit_fails_every_work_of_the_batch(database: SqliteDatabase) -> None:
    called: list[str] = []

    def fine(tx: Transaction) -> None:
        thing = add("fine")(tx)
        tx.execute("INSERT INTO parts (thing, owner) VALUES (?, ?)", (thing, thing))
        tx.on_commit(lambda: called.append("fine"))

    def orphan(tx: Transaction) -> None:
        tx.execute("INSERT INTO parts (thing, owner) VALUES (1, 999)")  # found out at COMMIT only

    def own_reason(tx: Transaction) -> None:
        raise KeyError("mine")

    results = await Gate().batch(database, fine, own_reason, orphan)
    assert [type(result) for result in results] == [sqlite3.IntegrityError, KeyError, sqlite3.IntegrityError]
    assert called == []
    assert await database.read(names) == []
    assert await database.write(add("after")) == 1  # and the writer goes on


async def test_steps_run_behind_all_works_of_the_batch_and_never_for_a_failed_work(database: SqliteDatabase) -> None:
    def work(name: str, *, fail: bool = False) -> Callable[[Transaction], int]:
        def run(tx: Transaction) -> int:
            key = add(name)(tx)
            tx.before_commit(lambda end: end.execute("UPDATE things SET name = name || ? WHERE name = 'a'", (name,)))
            if fail:
                raise ValueError
            return key

        return run

    results = await Gate().batch(database, work("a"), work("x", fail=True), work("b"))
    assert [type(result) for result in results] == [int, ValueError, int]
    assert await database.read(names) == ["aa", "b"]  # b's step found no 'a' any more, x's was forgotten


async def test_a_step_that_fails_fails_every_work_of_the_batch(database: SqliteDatabase) -> None:
    def work(tx: Transaction) -> None:
        add("a")(tx)
        tx.before_commit(lambda end: end.execute("INSERT INTO nothing VALUES (1)"))

    results = await Gate().batch(database, work, add("b"))
    assert [type(result) for result in results] == [sqlite3.OperationalError] * 2
    assert await database.read(names) == []
    assert await database.write(add("after")) == 1


async def test_what_a_step_registers_is_done_as_if_its_work_had_registered_it(database: SqliteDatabase) -> None:
    seen: list[str] = []

    def work(tx: Transaction) -> None:
        tx.on_commit(lambda: seen.append("of the work"))
        tx.before_commit(first)

    def first(tx: Transaction) -> None:
        tx.before_commit(last)
        tx.on_commit(lambda: seen.append("of a step"))

    def last(tx: Transaction) -> None:
        add("late")(tx)
        tx.on_commit(lambda: seen.append("of a step's step"))

    def failing(tx: Transaction) -> None:
        tx.before_commit(lambda tx: tx.on_commit(lambda: seen.append("of a work that failed")))
        raise ValueError

    results = await asyncio.gather(database.write(work), database.write(failing), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), ValueError]
    assert seen == ["of the work", "of a step", "of a step's step"]
    assert await database.read(names) == ["late"]


async def test_another_program_that_holds_the_lock_is_named_and_waited_for(database: SqliteDatabase) -> None:
    await database.write(lambda tx: tx.value("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="Another program"):
        await database.write(add("a"))
    assert await database.read(names) == []
    other.execute("ROLLBACK")
    other.close()
    assert await database.write(add("a")) == 1


async def test_callbacks_run_after_the_commit_in_order_and_never_for_a_failed_work(database: SqliteDatabase) -> None:
    heard: list[tuple[str, int, str]] = []
    other = sqlite3.connect(database.path)

    def work(name: str, *, fail: bool = False) -> Callable[[Transaction], None]:
        def run(tx: Transaction) -> None:
            add(name)(tx)
            for step in (1, 2):
                tx.on_commit(lambda step=step: heard.append((name, step, threading.current_thread().name)))
            if name == "b":
                tx.on_commit(lambda: seen.append(other.execute("SELECT count(*) FROM things").fetchone()[0]))
            if fail:
                raise ValueError

        return run

    seen: list[int] = []
    await Gate().batch(database, work("a"), work("x", fail=True), work("b"), work("c"))
    here = threading.current_thread().name
    assert heard == [(name, step, here) for name in "abc" for step in (1, 2)]
    assert seen == [3]  # another connection saw the whole batch when b's callback ran
    other.close()


async def test_callbacks_run_before_the_caller_hears_the_result(database: SqliteDatabase) -> None:
    heard: list[str] = []

    def work(tx: Transaction) -> None:
        tx.on_commit(lambda: heard.append("callback"))

    await database.write(work)
    assert heard == ["callback"]


async def test_a_callback_that_fails_is_logged_and_harms_nobody(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def bad(tx: Transaction) -> str:
        tx.on_commit(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
        tx.on_commit(lambda: heard.append("next"))
        return "done"

    assert await Gate().batch(database, bad, add("other")) == ["done", 1]
    assert heard == ["next"]
    assert "ZeroDivisionError" in caplog.text


async def test_a_caller_that_goes_away_does_not_undo_its_work(database: SqliteDatabase) -> None:
    heard: list[str] = []
    gate = Gate()
    held = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate._entered.wait, 10)

    def work(tx: Transaction) -> None:
        add("left behind")(tx)
        tx.on_commit(lambda: heard.append("callback"))

    def failing(tx: Transaction) -> None:
        raise ValueError("nobody hears this")

    callers = [asyncio.create_task(database.write(run)) for run in (work, failing)]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    assert [type(result) for result in await asyncio.gather(*callers, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 2
    gate._open.set()
    await held
    await database.write(add("after"))
    assert await database.read(names) == ["left behind", "after"]
    assert heard == ["callback"]


async def test_a_reader_that_goes_away_leaves_its_connection_usable(database: SqliteDatabase) -> None:
    entered, release = threading.Event(), threading.Event()

    def slow(reader: Reader) -> None:
        entered.set()
        assert release.wait(10)

    task = asyncio.create_task(database.read(slow))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    release.set()
    await asyncio.gather(*[database.read(names) for _ in range(10)])


async def test_a_read_sees_one_snapshot_however_many_statements_it_runs(database: SqliteDatabase) -> None:
    between, written = threading.Event(), threading.Event()

    def twice(reader: Reader) -> tuple[list[str], list[str]]:
        first = names(reader)
        between.set()
        assert written.wait(10)
        return first, names(reader)

    task = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(between.wait, 10)
    await database.write(add("meanwhile"))
    written.set()
    assert await task == ([], [])
    assert await database.read(names) == ["meanwhile"]


async def test_a_query_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(add("sneaky"))  # type: ignore[arg-type]
    assert await database.read(names) == []


async def test_reads_do_not_wait_for_the_writer(database: SqliteDatabase) -> None:
    gate = Gate()
    held = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate._entered.wait, 10)
    assert await asyncio.wait_for(database.read(names), 5) == []
    gate._open.set()
    await held


async def test_a_quick_read_sees_what_is_committed_while_the_writer_works(database: SqliteDatabase) -> None:
    gate = Gate()
    await database.write(add("done"))
    held = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate._entered.wait, 10)
    assert await database.quick_read(names) == ["done"]
    gate._open.set()
    await held
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.quick_read(add("sneaky"))  # type: ignore[arg-type]


async def test_a_quick_read_that_takes_long_is_ended_and_the_next_one_is_not(database: SqliteDatabase) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        await database.quick_read(lambda reader: reader.value(endless))
    await database.write(add("after"))
    for _ in range(2000):  # together many more steps than are looked at
        assert await database.quick_read(names) == ["after"]


async def test_closing_finishes_what_was_accepted_and_refuses_the_rest(database: SqliteDatabase) -> None:
    accepted = [asyncio.create_task(database.write(add(str(number)))) for number in range(600)]
    await asyncio.sleep(0)
    ending = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await database.write(add("late"))
    with pytest.raises(Unavailable):
        await database.read(names)
    await ending
    with pytest.raises(Unavailable):
        await database.quick_read(names)
    assert sorted(await asyncio.gather(*accepted)) == list(range(1, 601))
    with closing(sqlite3.connect(database.path)) as connection, connection:
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (600,)


async def test_after_a_write_that_a_closing_database_tells_of_it_can_be_read_quickly(
    database: SqliteDatabase,
) -> None:
    async def write_and_read() -> list[str]:
        await database.write(add("last"))
        return await database.quick_read(names)

    told = asyncio.create_task(write_and_read())
    await asyncio.sleep(0)
    await database.close()
    assert await told == ["last"]


async def test_closing_answers_the_reads_that_were_waiting(database: SqliteDatabase) -> None:
    entered, release = threading.Semaphore(0), threading.Event()

    def slow(reader: Reader) -> list[str]:
        entered.release()
        assert release.wait(10)
        return names(reader)

    reads = [asyncio.create_task(database.read(slow)) for _ in range(12)]
    await asyncio.to_thread(entered.acquire, timeout=10)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    release.set()
    await closing
    assert await asyncio.gather(*reads) == [[]] * 12


async def test_closing_twice_is_harmless(database: SqliteDatabase) -> None:
    await database.close()
    await database.close()


async def test_a_database_that_cannot_be_prepared_is_left_closed(tmp_path: Path) -> None:
    def refuse(connection: sqlite3.Connection) -> None:
        raise RuntimeError("not this one")

    before = set(threading.enumerate())
    with pytest.raises(RuntimeError, match="not this one"):
        await SqliteDatabase.open(tmp_path / "team.db", refuse)
    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join, 10)
        assert not thread.is_alive()


async def test_a_number_is_given_once_whether_it_is_used_or_not(database: SqliteDatabase) -> None:
    numbers = NumberSeries("thing_numbers")

    def fail(tx: Transaction) -> None:
        numbers.next(tx)
        raise ValueError

    reserved = await asyncio.gather(*(numbers.reserve(database) for _ in range(3)))
    with pytest.raises(ValueError):
        await database.write(fail)  # what was never stored took no number
    assert [*sorted(reserved), await database.write(numbers.next)] == [1, 2, 3, 4]
