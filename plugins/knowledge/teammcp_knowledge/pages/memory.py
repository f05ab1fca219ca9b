"""Pages of the memory: namespaces and keys, one key with its history, and changing it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import quote

from quart import Request, Response
from werkzeug.datastructures import MultiDict

from teammcp import Access, Context, NotFound
from teammcp.web import Notice, Outcome, Page, attempt, see, values
from teammcp.web import gettext as _

from ..memory.models import MAIN, MemoryEntry, MemoryVersion, MemoryWritten
from ..memory.operations import get_memory, list_memory, list_memory_namespaces
from .findings import show

KEYS = 100
VERSIONS = 20


def space_path(namespace: str) -> str:
    """The address of a namespace."""
    return f"/knowledge/memory/in/{quote(namespace, safe='')}"


def key_path(namespace: str, key: str) -> str:
    """The address of a key."""
    return f"{space_path(namespace)}/{quote(key, safe='')}"


async def memory(context: Context, request: Request, namespace: str = MAIN) -> Response:
    """A namespace's keys."""
    asked = {name: request.args.get(name, "") for name in ("prefix", "after")}
    listed = await context.call(list_memory, namespace=namespace, limit=KEYS, values=True, **asked)
    namespaces = (await context.call(list_memory_namespaces, limit=KEYS)).namespaces
    return await show(
        context,
        "memory.html",
        "memory",
        listed=listed,
        namespaces=namespaces,
        asked=asked,
        space_path=space_path,
        key_path=key_path,
        preview=values.preview,
    )


async def show_key(
    context: Context,
    request: Request,
    namespace: str,
    key: str,
    outcome: Outcome | None = None,
    draft: str | None = None,
) -> Response:
    """One key: its value, its history, the form to change it."""
    entry: MemoryEntry = await context.call(get_memory, namespace=namespace, key=key)
    before = {"before": request.args["before"]} if "before" in request.args else {}
    history = await context.call("get_memory_history", namespace=namespace, key=key, limit=VERSIONS + 1, **before)
    if not history.versions:
        raise NotFound(f"There is no key '{key}' in namespace '{namespace}'.", code="memory_not_found")
    typed = values.typed(entry.value) if entry.found else ""
    return await show(
        context,
        "key.html",
        "memory",
        outcome,
        entry=entry,
        space_path=space_path,
        path=key_path(namespace, key),
        history=differences(history.versions)[:VERSIONS],
        more=history.versions[VERSIONS - 1].version if len(history.versions) > VERSIONS else None,
        draft=typed if draft is None else draft,
        rendered=values.rendered,
    )


def differences(versions: list[MemoryVersion]) -> list[tuple[MemoryVersion, list[values.Line]]]:
    """Each version with what it changed, newest first; the first version of all, or of a page, made it."""
    found = [(new, _difference(old, new)) for new, old in pairwise(versions)]
    return [*found, (versions[-1], _difference(None, versions[-1]))]


def _difference(old: MemoryVersion | None, new: MemoryVersion) -> list[values.Line]:
    if new.action == "deleted":
        return [] if old is None else values.only("removed", old.value)
    if old is None or old.action == "deleted":
        return values.only("added", new.value)
    return values.compare(old.value, new.value)


async def set_key(context: Context, request: Request, namespace: str, key: str) -> Response:
    """Set a key to what was typed, or delete it, unless somebody else has changed it meanwhile."""
    form = await request.form
    which = {"namespace": namespace, "key": key, "expected_version": form.get("expected_version", 0, type=int)}
    if "delete" in form:
        outcome = _told(await attempt(context, "delete_memory", which))
        return see(space_path(namespace)) if outcome.ok else await show_key(context, request, namespace, key, outcome)
    outcome = await _set(context, form, which)
    if outcome.ok:
        return see(key_path(namespace, key))
    return await show_key(context, request, namespace, key, outcome, form.get("value", ""))


async def new_key(context: Context, request: Request) -> Response:
    """Make a key."""
    form, outcome = await request.form, Outcome()
    given = form if request.method == "POST" else request.args
    which = {"namespace": given.get("namespace", MAIN).strip() or MAIN, "key": given.get("key", "").strip()}
    if request.method == "POST":
        outcome = await _set(context, form, {**which, "expected_version": 0})
        if outcome.ok:
            return see(key_path(**which))
    return await show(context, "new_key.html", "memory", outcome, which=which, draft=form.get("value", ""))


async def _set(context: Context, form: MultiDict[str, str], which: dict[str, Any]) -> Outcome:
    try:
        value = values.parse(form.get("value", ""))
    except ValueError as error:
        return Outcome(notice=Notice("error", str(error)), status=400)
    return _told(await attempt(context, "set_memory", {**which, "value": value}))


def _told(outcome: Outcome) -> Outcome:
    """A conflict as what it is to a person: nothing was done."""
    written = outcome.result
    if not isinstance(written, MemoryWritten) or not written.conflict:
        return outcome
    if written.current_writer is None:
        return Outcome(notice=Notice("error", _("There is no such key any more; nothing was written.")), status=409)
    said = _(
        "%(name)s has written this key meanwhile: version %(number)s. Nothing was written; look at both.",
        name=written.current_writer,
        number=written.current_version,
    )
    return Outcome(notice=Notice("error", said), status=409)


SPACE = "/knowledge/memory/in/<namespace>"
KEY = f"{SPACE}/<key>"

PAGES = [
    Page("/knowledge/memory", memory),
    Page("/knowledge/memory/new", new_key, ("GET", "POST"), Access.member),
    Page(SPACE, memory),
    Page(KEY, show_key),
    Page(f"{KEY}/set", set_key, ("POST",), Access.member),
]
