"""Writing to the team's memory and reading it."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Context,
    Limit,
    Reader,
    Row,
    StateValue,
    Transaction,
    Work,
    json_fitting,
    json_text,
    operation,
)

from ..events import MemoryDeleted, MemorySet
from . import queries
from .models import (
    MAIN,
    Key,
    MemoryEntry,
    MemoryHistory,
    MemoryLine,
    MemoryList,
    MemoryNamespace,
    MemoryNamespaces,
    MemoryVersion,
    MemoryWritten,
    Namespace,
    Version,
)

LAST = chr(0x10FFFF)
"""Sorts behind every key."""
SHOWN = 4 * 1024
"""Bytes of a value's JSON in a list or an event."""


# -- writing ---------------------------------------------------------------------------------------------------------


@operation("POST /api/memory", profile="knowledge", everyday=True)
async def set_memory(
    context: Context, key: Key, value: StateValue, namespace: Namespace = MAIN, expected_version: Version | None = None
) -> Work[MemoryWritten]:
    """Keep any JSON under a key, for the whole team and beyond this conversation.

    With expected_version (0: only if it is new) nobody's write is lost: a conflict answers with what is there.
    """
    text = json_text(value)

    def work(tx: Transaction) -> MemoryWritten:
        row = queries.entry(tx, namespace, key)
        return _conflict(namespace, key, row, expected_version) or _write(context, tx, namespace, key, row, text)

    return work


@operation("DELETE /api/memory/keys/{key}", profile="knowledge", destructive=True)
async def delete_memory(
    context: Context, key: Key, namespace: Namespace = MAIN, expected_version: Version | None = None
) -> Work[MemoryWritten]:
    """Delete a key of the team's memory. Its history stays; a key made again under its name goes on counting."""

    def work(tx: Transaction) -> MemoryWritten:
        row = queries.entry(tx, namespace, key)
        conflict = _conflict(namespace, key, row, expected_version)
        if conflict is not None:
            return conflict
        if row is None or row["deleted"]:
            return MemoryWritten(ok=True, namespace=namespace, key=key)
        return _write(context, tx, namespace, key, row, None)

    return work


def _conflict(namespace: str, key: str, row: Row | None, expected: int | None) -> MemoryWritten | None:
    """What to answer if the key has another version than was expected; version 0 stands for no key."""
    there = row is not None and not row["deleted"]
    current = row["version"] if row is not None and there else 0
    if expected is None or expected == current:
        return None
    return MemoryWritten(
        ok=False,
        namespace=namespace,
        key=key,
        conflict=True,
        current_version=current,
        current_value=json.loads(row["value"]) if row is not None and there else None,
        current_writer=row["writer"] if row is not None and there else None,
    )


def _write(
    context: Context, tx: Transaction, namespace: str, key: str, row: Row | None, text: str | None
) -> MemoryWritten:
    """Give a key its next version; without a text it is deleted."""
    me, now, lclock = context.actor.name, context.now(), queries.tick(tx)
    size = 0 if text is None else len(text.encode())
    created = row is None or bool(row["deleted"])
    if row is None:
        assert text is not None  # noqa: S101 - what is not there is not deleted
        version, entry_id = 1, queries.insert_entry(tx, namespace, key, text, size, lclock, me, now)
    else:
        version, entry_id = row["version"] + 1, row["id"]
        queries.update_entry(tx, entry_id, text, size, version, lclock, me, now)
    deleted = text is None
    queries.insert_version(tx, entry_id, version, lclock, "deleted" if deleted else "set", text, me, now)
    queries.touch_namespace(tx, namespace, -1 if deleted else int(created), now)
    about = {"namespace": namespace, "key": key, "version": version, "lclock": lclock}
    if text is None:
        context.emit(tx, MemoryDeleted(**about), f"{namespace}/{key}")
    else:
        value = json_fitting("value", json.loads(text), SHOWN)
        context.emit(tx, MemorySet(**about, created=created, **value), f"{namespace}/{key}")
    return MemoryWritten(
        ok=True, namespace=namespace, key=key, version=version, lclock=lclock, created=created, deleted=deleted
    )


# -- reading ---------------------------------------------------------------------------------------------------------


@operation("GET /api/memory/keys/{key}", profile="knowledge", everyday=True, read_only=True)
async def get_memory(context: Context, key: Key, namespace: Namespace = MAIN) -> MemoryEntry:
    """Read one key of the team's memory."""
    row = await context.read(queries.entry, namespace, key)
    if row is None:
        return MemoryEntry(namespace=namespace, key=key, found=False)
    found = not row["deleted"]
    return MemoryEntry(
        namespace=namespace,
        key=key,
        found=found,
        value=json.loads(row["value"]) if found else None,
        version=row["version"],
        lclock=row["lclock"],
        writer=row["writer"],
        updated_at=row["updated_at"],
    )


@operation("GET /api/memory", profile="knowledge", everyday=True, read_only=True)
async def list_memory(
    context: Context,
    namespace: Namespace = MAIN,
    prefix: Annotated[str, Field(max_length=256)] = "",
    after: Annotated[str, Field(max_length=256)] = "",
    limit: Limit = 100,
    values: bool = False,
) -> MemoryList:
    """List the keys of a namespace of the team's memory, with values also what is in the short ones."""
    rows, total = await context.read(_entries, namespace, prefix, after, limit + 1)
    found = context.budget().fit(_line(row, values) for row in rows[:limit])
    following = found[-1].key if len(rows) > len(found) else None
    return MemoryList(namespace=namespace, entries=found, total=total, next=following)


def _entries(reader: Reader, namespace: str, prefix: str, after: str, limit: int) -> tuple[list[Row], int]:
    row = queries.namespace(reader, namespace)
    total = 0 if row is None else row["keys"]
    return queries.entries(reader, namespace, prefix, prefix + LAST, after, limit), total


def _line(row: Row, values: bool) -> MemoryLine:
    shown = values and row["bytes"] <= SHOWN
    return MemoryLine(
        key=row["key"],
        version=row["version"],
        lclock=row["lclock"],
        writer=row["writer"],
        updated_at=row["updated_at"],
        bytes=row["bytes"],
        value=json.loads(row["value"]) if shown else None,
        value_omitted=not shown,
    )


@operation("GET /api/memory/keys/{key}/history", profile="knowledge", read_only=True)
async def get_memory_history(
    context: Context,
    key: Key,
    namespace: Namespace = MAIN,
    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    limit: Limit = 50,
) -> MemoryHistory:
    """See the versions of a key of the team's memory, newest first. Next page: before = next."""
    rows = await context.read(_versions, namespace, key, before, limit + 1)
    versions = context.budget().fit(
        MemoryVersion(
            version=row["version"],
            lclock=row["lclock"],
            action=row["action"],
            value=None if row["value"] is None else json.loads(row["value"]),
            writer=row["writer"],
            at=row["at"],
        )
        for row in rows[:limit]
    )
    following = versions[-1].version if len(rows) > len(versions) else None
    return MemoryHistory(namespace=namespace, key=key, versions=versions, next=following)


def _versions(reader: Reader, namespace: str, key: str, before: int, limit: int) -> list[Row]:
    row = queries.entry(reader, namespace, key)
    return [] if row is None else queries.versions(reader, row["id"], before, limit)


@operation("GET /api/memory/namespaces", profile="knowledge", read_only=True)
async def list_memory_namespaces(
    context: Context, after: Annotated[str, Field(max_length=64)] = "", limit: Limit = 100
) -> MemoryNamespaces:
    """List the namespaces of the team's memory that have keys."""
    rows = await context.read(queries.namespaces, after, limit + 1)
    found = [
        MemoryNamespace(namespace=row["namespace"], keys=row["keys"], updated_at=row["updated_at"])
        for row in rows[:limit]
    ]
    return MemoryNamespaces(namespaces=found, next=found[-1].namespace if len(rows) > limit else None)
