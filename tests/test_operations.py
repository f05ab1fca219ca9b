"""The one way in: arguments, access, before hooks, one transaction, what is told afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, TypedDict, Unpack

import pytest
from pydantic import Field, RootModel

from teammcp import Access, Deferred, Refused, Server, hookimpl, operations
from teammcp.arguments.fields import Metadata, Text
from teammcp.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PluginFailed,
    RateLimited,
    Unauthorized,
)
from teammcp.events.log import read_since
from teammcp.keys import hash_key, new_key
from teammcp.members.directory import ANONYMOUS
from teammcp.operations import CallDeferred, Context, Registry, operation
from teammcp.storage import Transaction, Work
from teammcp.testing import MovedClock
from tests.corekit import Thing, actor, add_thing, enter, names, open_server


@operation("GET /things/{id}", read_only=True, profile="things")
async def get_thing(context: Context, id: Annotated[int, Field(ge=1)], loud: bool = False) -> Thing:
    """Get a thing."""
    row = await context.read(lambda reader: reader.one("SELECT id, name FROM things WHERE id = ?", (id,)))
    if row is None:
        raise NotFound(f"id: there is no thing {id}.")
    return Thing(id=row["id"], name=row["name"].upper() if loud else row["name"])


@operation("POST /notes")
async def add_note(context: Context, text: Text, metadata: Metadata | None = None) -> Work[Thing]:
    """Add a thing called as a note."""
    return await context.prepare("add_thing", name=text)


@operation("POST /pairs")
async def add_pair(context: Context, first: str, second: str) -> Work[Thing]:
    """Add two things or none."""
    works = [await context.prepare("add_thing", name=name) for name in (first, second)]

    def work(tx: Transaction) -> Thing:
        results = [each(tx) for each in works]
        if first == second:
            raise Conflict("second: the two are the same.")
        return results[1]

    return work


@operation("POST /admin", access="manager")
async def manage(context: Context) -> Thing:
    """Change nothing that the database knows of."""
    return Thing(id=0, name=context.actor.name)


class Things(RootModel[list[Thing]]):
    """Several."""


FUNCTIONS = (get_thing, add_note, add_pair, manage)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with open_server(tmp_path, *FUNCTIONS) as server:
        yield server


async def call(server: Server, name: str, /, access: Access = Access.member, **arguments: Any) -> Any:
    return await operations.call(enter(server, access=access), name, arguments)


async def stored(server: Server) -> list[str]:
    return await server.team("default").database.read(names)


async def kinds(server: Server) -> list[str]:
    return [event.kind for event in await server.team("default").database.read(read_since, 0, 100)]


# -- arguments ---------------------------------------------------------------------------------------------------------


async def test_a_change_and_its_event_are_there_when_the_call_returns(server: Server) -> None:
    with server.team("default").hub.subscribe(lambda event: True) as subscription:
        thing = await call(server, "add_thing", name="stone")
        (event,) = await subscription.next(0)
    assert (event.kind, event.actor, event.subject, event.data) == (
        "thing.added",
        "ann",
        str(thing.id),
        {"name": "stone"},
    )
    assert await call(server, "get_thing", id=thing.id) == Thing(id=thing.id, name="stone")
    assert await kinds(server) == ["thing.added"]


@pytest.mark.parametrize(
    ("arguments", "field", "message"),
    [
        ({}, "name", "this argument is required"),
        ({"name": 1}, "name", "valid string"),
        ({"name": "a", "size": "many"}, "size", "valid integer"),
        ({"name": "a", "colour": "red"}, "colour", "there is no such argument"),
        ({"name": "a", "idem_key": ""}, "idem_key", "at least 1 character"),
        ({"name": "a", "idem_key": "k" * 129}, "idem_key", "at most 128 characters"),
    ],
)
async def test_wrong_arguments_are_named(server: Server, arguments: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await call(server, "add_thing", **arguments)
    assert caught.value.data["errors"][0]["field"] == field
    assert message in caught.value.data["errors"][0]["message"]
    assert field in caught.value.detail
    assert await stored(server) == []


async def test_a_lenient_operation_leaves_out_what_it_does_not_know(tmp_path: Path) -> None:
    @operation("POST /hook", lenient=True)
    async def take(context: Context, name: str) -> Thing:
        """Take what another program sends."""
        return Thing(id=0, name=name)

    async with open_server(tmp_path, take) as server:
        assert (await call(server, "take", name="a", colour="red")).name == "a"
        with pytest.raises(InvalidInput, match="name"):
            await call(server, "take", colour="red")


async def test_a_wrong_value_is_never_repeated_in_the_error(server: Server) -> None:
    with pytest.raises(InvalidInput) as caught:
        await call(server, "add_thing", name="a", size="hunter2")
    assert "hunter2" not in str(caught.value.data) + caught.value.detail


async def test_json_knows_numbers_from_text_and_query_strings_do_not(server: Server) -> None:
    await call(server, "add_thing", name="stone")
    assert (await call(server, "get_thing", id="1", loud="true")).name == "STONE"
    for arguments in ({"id": "1"}, {"id": 1, "loud": "true"}, {"id": 1.0}, {"id": True}):
        with pytest.raises(InvalidInput):
            await operations.call(enter(server), "get_thing", arguments, strict=True)
    assert await operations.call(enter(server), "get_thing", {"id": 1}, strict=True)


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": "\ud800"},
        {"\ud800": 1},
        {"a": "x" * 20_000},
        {"a": [[[[[[[[[1]]]]]]]]]},
    ],
)
async def test_metadata_that_json_cannot_carry_is_refused(server: Server, metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        await call(server, "add_note", text="a", metadata=metadata)
    assert caught.value.data["errors"][0]["field"].startswith("metadata")


async def test_an_unknown_operation_is_not_found(server: Server) -> None:
    with pytest.raises(NotFound, match="get_nothing"):
        await call(server, "get_nothing")


# -- access ------------------------------------------------------------------------------------------------------------


async def test_access_levels_decide(server: Server) -> None:
    with pytest.raises(Forbidden, match="add_thing needs access level 'member'; yours is 'observer'"):
        await call(server, "add_thing", Access.observer, name="a")
    with pytest.raises(NotFound):
        await call(server, "get_thing", Access.observer, id=1)
    with pytest.raises(Forbidden):
        await call(server, "manage")
    assert (await call(server, "manage", Access.manager)).name == "ann"


async def test_nobody_is_told_to_log_in(server: Server) -> None:
    context = Context(server, server.team("default"), ANONYMOUS, "rest")
    with pytest.raises(Unauthorized):
        await operations.call(context, "get_thing", {"id": 1})


async def test_settings_override_the_level_an_operation_needs(tmp_path: Path) -> None:
    async with open_server(tmp_path, *FUNCTIONS, permissions={"manage": "observer", "add_thing": "owner"}) as server:
        assert await call(server, "manage", Access.observer)
        with pytest.raises(Forbidden):
            await call(server, "add_thing", Access.manager, name="a")
        with pytest.raises(Forbidden):  # an operation inside another one is checked as well
            await call(server, "add_note", Access.manager, text="a")


async def test_arguments_are_checked_before_access_is_and_nothing_leaks(server: Server) -> None:
    with pytest.raises(InvalidInput):
        await call(server, "add_thing", Access.observer, nam="a")


async def test_a_key_opens_the_door_once_its_limits_allow(tmp_path: Path) -> None:
    key = new_key("default")

    class Keys:
        @hookimpl
        def authenticate(self, key_hash: str) -> Any:
            return actor() if key_hash == hash_key(key) else None

    clock = MovedClock()
    limits = {"agent_rate": 1, "agent_burst": 3, "address_rate": 1, "address_burst": 10}
    async with open_server(tmp_path, plugins={"keys": Keys()}, clock=clock, **limits) as server:
        for _ in range(3):
            assert operations.enter(server, key, "rest", "10.0.0.1").actor == actor()
        assert server.team("default").presence.online("ann")
        with pytest.raises(RateLimited, match="by this agent"):
            operations.enter(server, key, "rest", "10.0.0.2")
        clock.advance(seconds=1)
        assert operations.enter(server, key, "rest", "10.0.0.2")
        for wrong in (None, "", "nonsense", new_key("default"), new_key("elsewhere")):
            with pytest.raises(Unauthorized):
                operations.enter(server, wrong, "rest", "10.0.0.3")
        for _ in range(5):
            with pytest.raises(Unauthorized):
                operations.enter(server, None, "rest", "10.0.0.3")
        with pytest.raises(RateLimited, match="from this address"):
            operations.enter(server, None, "rest", "10.0.0.3")


# -- hooks -------------------------------------------------------------------------------------------------------------


class Rule:
    """A plugin that does to a call what its ``answer`` says, and remembers what it was told."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.only = ""
        self.seen: list[str] = []
        self.done: list[tuple[str, Any]] = []

    @hookimpl
    async def before_operation(self, context: Any, operation: Any, arguments: Any) -> Any:
        self.seen.append(operation.name)
        if self.only not in ("", operation.name):
            return None
        return self.answer(arguments) if callable(self.answer) else self.answer

    @hookimpl
    async def operation_done(self, operation: Any, result: Any) -> None:
        self.done.append((operation.name, result))


def refuse(arguments: Any) -> None:
    raise Refused("not today")


async def test_a_before_hook_lets_pass_changes_refuses_or_defers(tmp_path: Path) -> None:
    rule = Rule()
    async with open_server(tmp_path, *FUNCTIONS, plugins={"rule": rule}) as server:
        await call(server, "add_thing", name="passed")
        rule.answer = lambda arguments: arguments.model_copy(update={"name": arguments.name + "!"})
        await call(server, "add_thing", name="changed")
        rule.answer = refuse
        with pytest.raises(Refused, match="not today"):
            await call(server, "add_thing", name="refused")
        rule.answer = Deferred(Thing(id=0, name="waits"))
        assert await call(server, "add_thing", name="deferred") == rule.answer
        assert await stored(server) == ["passed", "changed!"]
        await server.settle()
        assert [name for name, _ in rule.done] == ["add_thing"] * 2  # what was deferred has not been done
        assert rule.done[1] == ("add_thing", Thing(id=2, name="changed!"))


async def test_what_makes_a_call_wait_writes_it_down_first(tmp_path: Path) -> None:
    def write_down(tx: Transaction) -> int:
        return tx.insert("INSERT INTO things (name) VALUES ('waits')")

    rule = Rule(Deferred(0, work=write_down))
    async with open_server(tmp_path, *FUNCTIONS, plugins={"rule": rule}) as server:
        assert await call(server, "add_thing", name="a") == Deferred(1)
        assert await stored(server) == ["waits"]
        prepared = await enter(server).prepare("add_thing", name="a")
        assert prepared.waits
        assert await stored(server) == ["waits"]  # until whoever prepared it does what it is part of
        assert await server.team("default").database.write(prepared) == 2
        assert await stored(server) == ["waits"] * 2


async def test_what_is_prepared_can_always_be_run(server: Server) -> None:
    thing = await call(server, "add_thing", name="stone")
    write = server.team("default").database.write
    for name, arguments in (
        ("add_thing", {"name": "leaf"}),
        ("get_thing", {"id": thing.id}),
        ("manage", {}),  # changes something at times, and has an answer without a work now
    ):
        prepared = await enter(server, access=Access.manager).prepare(name, **arguments)
        assert not prepared.waits
        assert isinstance(await write(prepared), Thing)


async def test_the_hooks_of_an_operation_inside_another_run_as_well(tmp_path: Path) -> None:
    rule = Rule()
    async with open_server(tmp_path, *FUNCTIONS, plugins={"rule": rule}) as server:
        await call(server, "add_pair", first="a", second="b")
    assert rule.seen == ["add_pair", "add_thing", "add_thing"]


@pytest.mark.parametrize("answer", [lambda arguments: 1 / 0, {"name": "a dict"}, "text", Thing(id=1, name="x")])
async def test_a_rule_that_crashes_or_answers_nonsense_lets_nothing_through(tmp_path: Path, answer: Any) -> None:
    async with open_server(tmp_path, plugins={"rule": Rule(answer)}) as server:
        with pytest.raises(PluginFailed, match="'rule'"):
            await call(server, "add_thing", name="a")
        assert await stored(server) == []
        assert server.plugins.plugins["rule"].faults == 1


async def test_a_crash_after_the_change_harms_nobody(tmp_path: Path) -> None:
    class Bad:
        @hookimpl
        def operation_done(self) -> None:
            raise RuntimeError("on purpose")

    rule = Rule()
    async with open_server(tmp_path, plugins={"bad": Bad(), "rule": rule}) as server:
        assert (await call(server, "add_thing", name="a")).name == "a"
        await server.settle()
        assert [name for name, _ in rule.done] == ["add_thing"]
        assert server.plugins.plugins["bad"].faults == 1


async def test_reading_is_told_to_nobody(tmp_path: Path) -> None:
    rule = Rule()
    async with open_server(tmp_path, *FUNCTIONS, plugins={"rule": rule}) as server:
        await call(server, "add_thing", name="a")
        await call(server, "get_thing", id=1)
        await server.settle()
        assert [name for name, _ in rule.done] == ["add_thing"]


# -- transactions ------------------------------------------------------------------------------------------------------


async def test_two_operations_in_one_transaction_happen_both_or_not_at_all(server: Server) -> None:
    assert (await call(server, "add_pair", first="a", second="b")).name == "b"
    with pytest.raises(Conflict):
        await call(server, "add_pair", first="c", second="c")
    assert await stored(server) == ["a", "b"]
    assert await kinds(server) == ["thing.added"] * 2


async def test_a_failed_change_tells_nobody(server: Server) -> None:
    with server.team("default").hub.subscribe(lambda event: True) as subscription:
        with pytest.raises(Conflict):
            await call(server, "add_pair", first="c", second="c")
        assert await subscription.next(0) == []


# -- definitions -------------------------------------------------------------------------------------------------------


def test_a_definition_says_everything_that_surfaces_need() -> None:
    found = get_thing.operation  # type: ignore[attr-defined]
    assert (found.name, found.method, found.path) == ("get_thing", "GET", "/things/{id}")
    assert (found.description, found.profile, found.access) == ("Get a thing.", "things", Access.observer)
    assert (found.read_only, found.result, found.tool) == (True, Thing, True)
    assert list(found.arguments.model_fields) == ["id", "loud"]
    changing = add_thing.operation  # type: ignore[attr-defined]
    assert (changing.access, changing.result, changing.read_only) == (Access.member, Thing, False)
    assert list(changing.arguments.model_fields) == ["name", "size", "idem_key"]


def test_the_arguments_of_every_operation_have_a_json_schema() -> None:
    for function in (*FUNCTIONS, add_thing):
        schema = function.operation.arguments.model_json_schema()  # type: ignore[attr-defined]
        assert schema["additionalProperties"] is False


class Shared(TypedDict, total=False):
    """What several operations take."""

    text: Annotated[Text, Field(max_length=10)] | None
    labels: Annotated[list[str], Field(max_length=3)] | None


def test_shared_arguments_are_described_as_if_each_operation_wrote_them_out() -> None:
    @operation("PATCH /things/{id}")
    async def shared(context: Context, id: int, *, comment: str = "", **fields: Unpack[Shared]) -> Work[Thing]:
        """It takes what others take, too."""
        raise NotImplementedError

    @operation("PATCH /things/{id}")
    async def written_out(
        context: Context,
        id: int,
        text: Annotated[Text, Field(max_length=10)] | None = None,
        labels: Annotated[list[str], Field(max_length=3)] | None = None,
        comment: str = "",
    ) -> Work[Thing]:
        """It takes what others take, too."""
        raise NotImplementedError

    described = [json.dumps(each.operation.arguments.model_json_schema()) for each in (shared, written_out)]
    assert described[0].replace("SharedArguments", "WrittenOutArguments") == described[1]


async def test_a_shared_argument_that_is_left_out_is_none(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    @operation("GET /shared", read_only=True)
    async def shared(context: Context, **fields: Unpack[Shared]) -> Thing:
        """It notes what it is given."""
        seen.append(dict(fields))
        return Thing(id=1, name="x")

    async with open_server(tmp_path, shared) as server:
        context = enter(server)
        await operations.call(context, "shared", {"labels": ["a"]})
        with pytest.raises(InvalidInput, match="labels"):
            await operations.call(context, "shared", {"labels": ["a"] * 4})
    assert seen == [{"text": None, "labels": ["a"]}]


def test_a_list_may_be_a_result() -> None:
    @operation("GET /list", read_only=True)
    async def get_things(context: Context) -> Things:
        """Get things."""
        return Things([])

    assert get_things.operation.result is Things  # type: ignore[attr-defined]


def test_a_registry_refuses_what_does_not_fit() -> None:
    registry = Registry()
    registry.add(add_thing)

    async def plain(context: Context) -> Thing:
        """Do it."""
        raise AssertionError

    @operation("POST /elsewhere")
    async def add_thing_again(context: Context) -> Thing:
        """Do it."""
        raise AssertionError

    @operation("POST /things")
    async def same_route(context: Context) -> Thing:
        """Do it."""
        raise AssertionError

    object.__setattr__(add_thing_again.operation, "name", "add_thing")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="not decorated"):
        registry.add(plain)
    with pytest.raises(ValueError, match="called add_thing already"):
        registry.add(add_thing_again)
    with pytest.raises(ValueError, match="at POST /things already"):
        registry.add(same_route)
    assert [found.name for found in registry] == ["add_thing"]


async def silent(context: Context) -> Thing:
    raise AssertionError


async def unknown(context: Context):  # type: ignore[no-untyped-def]
    """Give something."""


async def writes(context: Context) -> Work[Thing]:
    """Change something."""
    raise AssertionError


async def may_write(context: Context) -> Work[Thing] | Thing:
    """Change something, or not."""
    raise AssertionError


@pytest.mark.parametrize(
    ("function", "options", "what"),
    [
        (silent, {}, "silent: say in a docstring what it does"),
        (unknown, {}, "unknown: annotate its result"),
        (writes, {"read_only": True}, "writes: it is marked read_only but returns Work"),
        (may_write, {"read_only": True}, "may_write: it is marked read_only but returns Work"),
        (print, {}, "print: write 'async def print"),
    ],
)
def test_a_declaration_that_cannot_be_right_says_what_is_wrong(function: Any, options: Any, what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)):
        operation("GET /somewhere", **options)(function)


async def test_an_operation_is_called_by_its_function_or_its_name(server: Server) -> None:
    context = enter(server)
    made = await context.call(add_thing, name="leaf")
    assert await context.call(get_thing, made.id) == await context.call("get_thing", id=made.id) == made
    assert (await context.call(get_thing, id=made.id, loud=True)).name == "LEAF"
    with pytest.raises(TypeError, match="takes 2 arguments, not 3"):
        await context.call(get_thing, 1, True, 3)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not decorated"):
        await context.call(silent)


async def test_a_call_inside_another_that_has_to_wait_ends_the_other_too(tmp_path: Path) -> None:
    rule = Rule(Deferred("later"))

    @operation("POST /through")
    async def go_through(context: Context) -> Work[Thing]:
        """Add a thing by another operation."""
        made = await context.call(add_thing, name="leaf")
        return lambda tx: made

    rule.only = "add_thing"
    async with open_server(tmp_path, *FUNCTIONS, go_through, plugins={"rule": rule}) as server:
        assert await call(server, "go_through") == Deferred("later")
        with pytest.raises(CallDeferred):
            await enter(server).call(add_thing, name="leaf")


def test_an_operation_has_a_route_or_is_internal() -> None:
    for wrong in ({}, {"route": "POST /things", "internal": True}):
        with pytest.raises(ValueError, match="a route, or internal=True"):
            operation(**wrong)  # type: ignore[arg-type]

    @operation(internal=True)
    async def tidy(context: Context) -> Thing:
        """Do it."""
        raise AssertionError

    @operation(internal=True)
    async def sweep(context: Context) -> Thing:
        """Sweep."""
        raise AssertionError

    registry = Registry()
    registry.add(tidy)
    registry.add(sweep)
    assert [found.name for found in registry] == ["tidy", "sweep"]
    assert [*registry.offered()] == []
    assert not any(found.tool or "idem_key" in found.arguments.model_fields for found in registry)
