"""Posting findings, reading them, retracting and reviving them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from teammcp import (
    Conflict,
    Context,
    Forbidden,
    Gone,
    NotFound,
    Reader,
    Reference,
    Row,
    Transaction,
    Work,
    operation,
    visible_message,
)

from ...events import FindingEvent, FindingPosted, FindingRetracted, FindingRevived
from .. import queries, search
from ..addressing import content_id as address
from ..models import (
    Body,
    Changed,
    ContentId,
    Contributor,
    Finding,
    FindingEntry,
    FindingTags,
    Id,
    Posted,
    Reason,
    TagCount,
    TagList,
    Title,
)

HISTORY = 20
"""Entries of its history, and contributors, that are shown with a finding."""

Action = Literal["posted", "retracted", "revived"]
EVENTS: dict[Action, type[FindingEvent]] = {
    "posted": FindingPosted,
    "retracted": FindingRetracted,
    "revived": FindingRevived,
}


async def _full(context: Context, prefix: str, argument: str) -> str:
    return await context.read(_full_id, prefix)


FindingRef = Annotated[ContentId, Reference(_full)]
"""An argument that names a finding by its content id, or the first digits of it."""


# -- posting ---------------------------------------------------------------------------------------------------------


async def _as_revived(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """Who posts what was taken back lets it hold again."""
    found_id = address(arguments.title, arguments.body, arguments.tags)
    row = await context.read(queries.finding, found_id)
    return [{"content_id": found_id}] if row is not None and row["retracted"] else []


@operation(
    "POST /api/knowledge",
    profile="knowledge",
    everyday=True,
    status=201,
    idempotent=True,
    amounts_to={"revive_knowledge": _as_revived},
)
async def post_knowledge(
    context: Context,
    title: Title,
    body: Body,
    tags: FindingTags = [],  # noqa: B006 - never changed
    task_id: Id | None = None,
    message_id: Id | None = None,
) -> Work[Posted]:
    """Tell the team what you found out, for good: a fact, a decision (tag "decision"), a way to do something.

    The same title, body and tags are one finding; posting it too makes you a contributor, and revives a retracted one.
    """
    await _check_source(context, task_id, message_id)
    found_id, me = address(title, body, tags), context.actor.name

    def work(tx: Transaction) -> Posted:
        now = context.now()
        row = queries.finding(tx, found_id)
        if row is None:
            kept = json.dumps(tags, ensure_ascii=False)
            finding_id = queries.insert_finding(tx, found_id, title, body, kept, me, now)
        else:
            finding_id = row["id"]
        old = None if row is None else _entry(tx, row)
        revived = row is not None and bool(row["retracted"])
        sourced = task_id is not None or message_id is not None
        new_source = sourced and not queries.is_source(tx, finding_id, me, task_id, message_id)
        joined = queries.add_contributor(tx, finding_id, me, now)
        if revived:
            queries.set_retracted(tx, finding_id, False, now)
        event_id = None
        if revived or joined or new_source:
            action: Action = "revived" if revived else "posted"
            queries.insert_history(tx, finding_id, action, me, now, "", task_id, message_id)
            event_id = _emit(context, tx, action, found_id)
        current = _read(tx, found_id)
        _index(tx, old, current)
        return Posted(
            content_id=found_id,
            event_id=event_id,
            deduped=row is not None,
            revived=revived,
            contributor_count=current["contributors"],
        )

    return work


async def _check_source(context: Context, task_id: int | None, message_id: int | None) -> None:
    """Raises: NotFound, Forbidden: the actor may not see the task or message."""
    if task_id is not None:
        await context.call("get_task", task_id=task_id)
    if message_id is not None:
        await visible_message(context, message_id)


# -- retracting and reviving -----------------------------------------------------------------------------------------


@operation("POST /api/knowledge/{content_id}/retract", profile="knowledge", idempotent=True)
async def retract_knowledge(context: Context, content_id: FindingRef, reason: Reason = "") -> Work[Changed]:
    """Take back a finding that is wrong or no longer holds, and say why. It is found no more; its history stays."""
    return await _change(context, content_id, "retracted", reason)


@operation("POST /api/knowledge/{content_id}/revive", profile="knowledge", idempotent=True)
async def revive_knowledge(context: Context, content_id: FindingRef, reason: Reason = "") -> Work[Changed]:
    """Let a retracted finding hold again."""
    return await _change(context, content_id, "revived", reason)


async def _change(context: Context, prefix: str, action: Action, reason: str) -> Work[Changed]:
    found_id = await context.read(_full_id, prefix)
    retracted = action == "retracted"

    def work(tx: Transaction) -> Changed:
        row, now = _read(tx, found_id), context.now()
        if bool(row["retracted"]) == retracted:
            return Changed(content_id=found_id, retracted=retracted, changed=False, event_id=None)
        old = _entry(tx, row)
        queries.set_retracted(tx, row["id"], retracted, now)
        queries.insert_history(tx, row["id"], action, context.actor.name, now, reason, None, None)
        _index(tx, old, _read(tx, found_id))
        event_id = _emit(context, tx, action, found_id, reason)
        return Changed(content_id=found_id, retracted=retracted, changed=True, event_id=event_id)

    return work


def _full_id(reader: Reader, prefix: str) -> str:
    """The content id that begins so.

    Raises:
        NotFound: there is none. Conflict: there are several.
    """
    found = queries.content_ids(reader, prefix)
    if not found:
        raise NotFound(
            f"content_id: there is no finding '{prefix}'. search_knowledge finds them.", code="unknown_content_id"
        )
    if len(found) > 1:
        raise Conflict(f"content_id: several findings begin with '{prefix}'; give more digits.", code="ambiguous_id")
    return found[0]


def _read(reader: Reader, found_id: str) -> Row:
    row = queries.finding(reader, found_id)
    assert row is not None  # noqa: S101 - findings are never deleted
    return row


def _entry(reader: Reader, row: Row) -> search.Entry | None:
    """What the index holds of a finding; nothing of a retracted one."""
    if row["retracted"]:
        return None
    contributors = tuple(each["agent"] for each in queries.contributors(reader, row["id"]))
    return search.Entry(row["id"], row["title"], row["body"], tuple(json.loads(row["tags"])), contributors)


def _index(tx: Transaction, old: search.Entry | None, row: Row) -> None:
    """Bring the index and the counts of tags from ``old`` to what the finding is now."""
    new = _entry(tx, row)
    search.replace(tx, old, new)
    before, after = (() if entry is None else entry.tags for entry in (old, new))
    if before != after:
        for tag in before:
            queries.count_tag(tx, tag, -1)
        for tag in after:
            queries.count_tag(tx, tag, 1)


def _emit(context: Context, tx: Transaction, action: Action, found_id: str, reason: str = "") -> int:
    row = _read(tx, found_id)
    event = EVENTS[action](
        content_id=found_id,
        title=row["title"],
        tags=json.loads(row["tags"]),
        contributor_count=row["contributors"],
        reason=reason,
    )
    return context.emit(tx, event, found_id).id


# -- reading ---------------------------------------------------------------------------------------------------------


@operation("GET /api/knowledge/{content_id}", profile="knowledge", everyday=True, read_only=True)
async def get_knowledge(context: Context, content_id: FindingRef) -> Finding:
    """Read one finding in full: body, contributors, history. The first digits of its content_id are enough."""
    row, contributors, history = await context.read(_one, content_id)
    return Finding(
        content_id=row["content_id"],
        title=row["title"],
        body=row["body"],
        tags=json.loads(row["tags"]),
        first_author=row["first_author"],
        contributor_count=row["contributors"],
        contributors=[Contributor(agent=each["agent"], at=each["at"]) for each in contributors],
        retracted=bool(row["retracted"]),
        posted_at=row["posted_at"],
        updated_at=row["updated_at"],
        history=[await _history_entry(context, each) for each in history],
    )


def _one(reader: Reader, prefix: str) -> tuple[Row, list[Row], list[Row]]:
    row = _read(reader, _full_id(reader, prefix))
    contributors = sorted(queries.contributors(reader, row["id"]), key=lambda each: each["at"])
    return row, contributors[:HISTORY], queries.history(reader, row["id"], HISTORY)


async def _history_entry(context: Context, row: Row) -> FindingEntry:
    """An entry, with its source if the reader may see that too."""
    return FindingEntry(
        action=row["action"],
        agent=row["agent"],
        at=row["at"],
        reason=row["reason"],
        task_id=row["task_id"] if await _sees(context, row["task_id"], None) else None,
        message_id=row["message_id"] if await _sees(context, None, row["message_id"]) else None,
    )


async def _sees(context: Context, task_id: int | None, message_id: int | None) -> bool:
    try:
        await _check_source(context, task_id, message_id)
    except (NotFound, Forbidden, Gone):
        return False
    return True


@operation("GET /api/knowledge/tags", profile="knowledge", read_only=True)
async def list_knowledge_tags(context: Context, limit: Annotated[int, Field(ge=1, le=500)] = 100) -> TagList:
    """List the tags of what the team has found out, with how many findings have each."""
    rows = await context.read(queries.tags, limit)
    return TagList(tags=[TagCount(tag=row["tag"], findings=row["findings"]) for row in rows])
