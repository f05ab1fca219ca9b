"""Repeated calls: the same key does a thing once, for a day; failures may be tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from teammcp import Access, Deferred, Server, hookimpl, operations
from teammcp.arguments.fields import Metadata, Timestamp
from teammcp.errors import Conflict, Forbidden
from teammcp.operations import Context, Result, idempotency, operation
from teammcp.storage import Transaction, Work
from teammcp.testing import MovedClock
from tests.corekit import Thing, enter, names, open_server


class Secret(Result):
    key: str


class Stamped(Result):
    at: Timestamp
    metadata: dict[str, Any]
    note: str | None = None


@operation("POST /secrets", secret_result=True)
async def make_secret(context: Context) -> Work[Secret]:
    """Make a secret."""

    def work(tx: Transaction) -> Secret:
        tx.execute("INSERT INTO things (name) VALUES ('secret')")
        return Secret(key="hunter2")

    return work


@operation("POST /stamps")
async def stamp(context: Context, metadata: Metadata) -> Work[Stamped]:
    """Return what needs care to be stored."""
    return lambda tx: Stamped(at=context.now(), metadata=metadata)


@operation("POST /fragile")
async def fragile(context: Context, name: str) -> Work[Thing]:
    """Fail as long as there is nothing."""

    def work(tx: Transaction) -> Thing:
        if not names(tx):
            raise Conflict("There is nothing yet.")
        return Thing(id=tx.insert("INSERT INTO things (name) VALUES (?)", (name,)), name=name)

    return work


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def server(tmp_path: Path, clock: MovedClock) -> AsyncIterator[Server]:
    async with open_server(tmp_path, make_secret, stamp, fragile, clock=clock) as server:
        yield server


async def call(server: Server, name: str, /, key: str | None = None, who: str = "ann", **arguments: Any) -> Any:
    return await operations.call(enter(server, who), name, arguments, idempotency_key=key)


async def stored(server: Server) -> list[str]:
    return await server.team("default").database.read(names)


async def test_a_repeated_call_gives_the_stored_result_and_does_nothing(server: Server) -> None:
    first = await call(server, "add_thing", key="k", name="a")
    assert await call(server, "add_thing", key="k", name="a") == first
    assert await stored(server) == ["a"]


async def test_the_key_may_come_as_an_argument_or_beside_them(server: Server) -> None:
    first = await call(server, "add_thing", name="a", idem_key="k")
    assert await call(server, "add_thing", key="k", name="a") == first
    assert await stored(server) == ["a"]


async def test_without_a_key_every_call_counts(server: Server) -> None:
    await call(server, "add_thing", name="a")
    await call(server, "add_thing", name="a")
    assert await stored(server) == ["a", "a"]


async def test_the_same_key_at_the_same_moment_does_it_once(server: Server) -> None:
    results = await asyncio.gather(*(call(server, "add_thing", key="k", name="a") for _ in range(25)))
    assert results == [Thing(id=1, name="a")] * 25
    assert await stored(server) == ["a"]


async def test_the_same_key_with_other_arguments_is_a_conflict(server: Server) -> None:
    await call(server, "add_thing", key="k", name="a")
    for name, arguments in (("add_thing", {"name": "b"}), ("add_thing", {"name": "a", "size": 2}), ("make_secret", {})):
        with pytest.raises(Conflict) as caught:
            await call(server, name, key="k", **arguments)
        assert caught.value.code == "idempotency_key_reused"
    assert await stored(server) == ["a"]


async def test_a_default_that_is_spelled_out_is_the_same_call(server: Server) -> None:
    first = await call(server, "add_thing", key="k", name="a")
    assert await call(server, "add_thing", key="k", name="a", size=1) == first


async def test_keys_of_two_agents_have_nothing_to_do_with_each_other(server: Server) -> None:
    await call(server, "add_thing", key="k", name="a")
    await call(server, "add_thing", key="k", who="bob", name="b")
    assert await stored(server) == ["a", "b"]


async def test_a_failure_is_not_kept(server: Server) -> None:
    with pytest.raises(Conflict):
        await call(server, "fragile", key="k", name="a")
    await call(server, "add_thing", name="first")
    assert (await call(server, "fragile", key="k", name="a")).name == "a"
    assert await stored(server) == ["first", "a"]


async def test_a_key_is_forgotten_after_a_day(server: Server, clock: MovedClock) -> None:
    await call(server, "add_thing", key="k", name="a")
    clock.advance(hours=23, minutes=59)
    await call(server, "add_thing", key="k", name="a")
    assert await stored(server) == ["a"]
    clock.advance(minutes=1)
    await call(server, "add_thing", key="k", name="b")  # with other arguments, too
    assert await stored(server) == ["a", "b"]
    assert (await call(server, "add_thing", key="k", name="b")).id == 2


async def test_forgotten_keys_are_deleted_and_the_others_stay(server: Server, clock: MovedClock) -> None:
    database = server.team("default").database
    await call(server, "add_thing", key="old", name="a")
    clock.advance(hours=12)
    await call(server, "add_thing", key="new", name="b")
    clock.advance(hours=12)
    assert await database.write(lambda tx: idempotency.forget_old(tx, clock.now())) == 1
    assert await database.read(lambda reader: reader.value("SELECT group_concat(key) FROM idempotency")) == "new"


async def test_a_secret_is_shown_once_and_never_stored(server: Server) -> None:
    assert (await call(server, "make_secret", key="k")).key == "hunter2"
    with pytest.raises(Conflict) as caught:
        await call(server, "make_secret", key="k")
    assert caught.value.code == "already_done"
    assert await stored(server) == ["secret"]
    rows = await server.team("default").database.read(lambda reader: reader.all("SELECT * FROM idempotency"))
    assert "hunter2" not in str([tuple(row) for row in rows])


async def test_a_stored_result_comes_back_as_it_was(server: Server, clock: MovedClock) -> None:
    metadata = {"text": "grüße 你好 🙂", "list": [1, 2.5, None, True]}
    first = await call(server, "stamp", key="k", metadata=metadata)
    clock.advance(minutes=5)
    again = await call(server, "stamp", key="k", metadata=metadata)
    assert again == first
    assert again.model_dump_json() == first.model_dump_json()


async def test_a_key_opens_nothing_that_its_agent_may_no_longer_do(server: Server) -> None:
    await call(server, "add_thing", key="k", name="a")
    with pytest.raises(Forbidden):
        await operations.call(enter(server, access=Access.observer), "add_thing", {"name": "a"}, idempotency_key="k")


async def test_a_repeated_call_is_told_to_nobody(tmp_path: Path) -> None:
    class Listener:
        heard = 0

        @hookimpl
        def operation_done(self) -> None:
            self.heard += 1

    listener = Listener()
    async with open_server(tmp_path, plugins={"listener": listener}) as server:
        await asyncio.gather(*(call(server, "add_thing", key="k", name="a") for _ in range(5)))
        await call(server, "add_thing", key="k", name="a")
        await server.settle()
    assert listener.heard == 1


async def test_a_call_that_was_deferred_may_be_repeated(tmp_path: Path) -> None:
    class Approval:
        waiting = True

        @hookimpl
        def before_operation(self) -> Any:
            return Deferred("asked") if self.waiting else None

    approval = Approval()
    async with open_server(tmp_path, plugins={"approval": approval}) as server:
        assert await call(server, "add_thing", key="k", name="a") == Deferred("asked")
        approval.waiting = False
        assert (await call(server, "add_thing", key="k", name="a")).name == "a"
        assert await stored(server) == ["a"]
