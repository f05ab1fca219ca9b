"""A server without any feature, for tests of the core by itself: one table, and operations of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from teammcp.clock import Clock
from teammcp.config import Settings
from teammcp.events import EventData
from teammcp.members.directory import Access, Agent
from teammcp.operations import Context, Registry, Result, operation
from teammcp.plugins import PluginManager
from teammcp.server import Server
from teammcp.storage import Migration, Reader, Transaction, Work
from teammcp.testing import NO_LIMITS, MovedClock

THINGS = Migration("things", 1, "create", "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL);")


class Thing(Result):
    """A row."""

    id: int
    name: str


class ThingAdded(EventData, kind="thing.added"):
    """A thing was added."""

    name: str


@operation("POST /things")
async def add_thing(context: Context, name: str, size: int = 1) -> Work[Thing]:
    """Add a thing."""

    def work(tx: Transaction) -> Thing:
        key = tx.insert("INSERT INTO things (name) VALUES (?)", (name,))
        context.emit(tx, ThingAdded(name=name), key)
        return Thing(id=key, name=name)

    return work


def names(reader: Reader) -> list[str]:
    """What the table holds."""
    return [row["name"] for row in reader.all("SELECT name FROM things ORDER BY id")]


def actor(name: str = "ann", access: Access = Access.member) -> Agent:
    return Agent(name, "agent", "", access)


def enter(server: Server, name: str = "ann", access: Access = Access.member) -> Context:
    """A context of a member that needs not be registered."""
    return Context(server, server.team("default"), actor(name, access), "rest", "127.0.0.1")


@asynccontextmanager
async def open_server(
    home: Path,
    *functions: Callable[..., Any],
    plugins: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[Server]:
    """A server with these operations (besides `add_thing`) and plugins."""
    manager = PluginManager({})
    for name, plugin in (plugins or {}).items():
        manager.register(name, plugin)
    registry = Registry()
    for function in (add_thing, *functions):
        registry.add(function)
    chosen = Settings(home=home, **{**NO_LIMITS, **settings})
    server = Server(chosen, manager, registry, clock or MovedClock(), durable=False)
    server.teams.migrations += (THINGS,)
    server.event_kinds.add(ThingAdded)
    await server.open()
    try:
        yield server
    finally:
        await server.close()
