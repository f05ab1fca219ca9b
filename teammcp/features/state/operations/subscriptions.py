"""Subscribing to fields: what others change is in the inbox until it is acknowledged."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from ....errors import NotFound
from ....operations import Context, operation
from ....storage import Reader, Row, Transaction, Work
from .. import queries
from ..events import StateAcknowledged, StateSubscribed, StateUnsubscribed, SubscriptionEvent
from ..models import FieldName, ProjectId, SeenField, StateAcked, StateNews, Subscribed, fitting
from .changes import DEFAULT_PROJECT

NEWS = 50
"""Fields shown in an inbox at once; those behind them come when these are acknowledged."""
NEWS_VALUE = 512
"""Bytes of a value's JSON in the inbox."""
CAP = 100

FieldNames = Annotated[list[FieldName], Field(min_length=1, max_length=200)]


@operation("POST /api/state/subscribe", access="observer", profile="state", everyday=True, idempotent=True)
async def subscribe_state(
    context: Context, fields: FieldNames, project_id: ProjectId = DEFAULT_PROJECT
) -> Work[Subscribed]:
    """Subscribe to fields of the shared state: what others change is in your inbox until you acknowledge it."""

    def work(tx: Transaction) -> Subscribed:
        rows = _rows(tx, project_id, fields, deleted=False)
        new = [
            name for name in rows if queries.subscribe(tx, context.actor.name, rows[name]["id"], rows[name]["version"])
        ]
        _tell(context, tx, StateSubscribed, project_id, new)
        return Subscribed(project_id=project_id, subscribed=list(rows))

    return work


@operation("POST /api/state/unsubscribe", access="observer", profile="state", idempotent=True)
async def unsubscribe_state(
    context: Context, fields: FieldNames, project_id: ProjectId = DEFAULT_PROJECT
) -> Work[Subscribed]:
    """End your subscriptions to fields of the shared state."""
    me = context.actor.name

    def work(tx: Transaction) -> Subscribed:
        rows = _rows(tx, project_id, fields, deleted=True)
        ended = [name for name, row in rows.items() if queries.unsubscribe(tx, me, row["id"])]
        _tell(context, tx, StateUnsubscribed, project_id, ended)
        return Subscribed(project_id=project_id, unsubscribed=list(rows))

    return work


@operation("POST /api/state/ack", access="observer", profile="state", everyday=True, idempotent=True)
async def ack_state(
    context: Context, items: Annotated[list[SeenField], Field(min_length=1, max_length=200)]
) -> Work[StateAcked]:
    """Acknowledge changes of the shared state that you have seen: each field with its version, as get_inbox gave it."""
    me = context.actor.name

    def work(tx: Transaction) -> StateAcked:
        moved = [item for item in items if _see(tx, me, item)]
        if moved:
            context.emit(tx, StateAcknowledged(items=moved), me, agents=[me])
        return StateAcked(acknowledged=len(moved))

    return work


def _see(tx: Transaction, agent: str, item: SeenField) -> bool:
    """Move an agent's cursor of one field, at most to where the field is; whether it moved."""
    row = _rows(tx, item.project_id, [item.field], deleted=True)[item.field]
    return queries.see(tx, agent, row["id"], min(item.version, row["version"]), row["version"])


def _rows(reader: Reader, project_id: str, names: list[str], *, deleted: bool) -> dict[str, Row]:
    """The fields by name; ``deleted`` ones count as fields too, if wanted.

    Raises:
        NotFound: some are unknown; it names them.
    """
    found = {name: queries.field(reader, project_id, name) for name in names}
    rows = {name: row for name, row in found.items() if row is not None and (deleted or not row["deleted"])}
    unknown = [name for name in names if name not in rows]
    if unknown:
        listed = ", ".join(f"'{name}'" for name in unknown)
        raise NotFound(
            f"fields: there is no {listed} in project '{project_id}'. get_state lists what there is.",
            code="state_not_found",
            unknown_fields=unknown,
        )
    return rows


def _tell(context: Context, tx: Transaction, kind: type[SubscriptionEvent], project_id: str, names: list[str]) -> None:
    if names:
        me = context.actor.name
        context.emit(tx, kind(project_id=project_id, fields=names), me, agents=[me])


# -- what waits ------------------------------------------------------------------------------------------------------


async def news(context: Context) -> list[StateNews]:
    """What others have changed in the fields the actor has subscribed to, as the inbox shows it."""
    rows = await context.read(queries.news, context.actor.name, NEWS)
    return [_news(row) for row in rows]


def count_news(reader: Reader, agent: str) -> int:
    """How many fields that is, counted up to a hundred."""
    return queries.count_news(reader, agent, CAP)


def _news(row: Row) -> StateNews:
    value = None if row["value"] is None else json.loads(row["value"])
    return StateNews(
        project_id=row["project_id"],
        field=row["field"],
        version=row["version"],
        changed_by=row["updated_by"],
        changed_at=row["updated_at"],
        **fitting("value", value, NEWS_VALUE),
        deleted=bool(row["deleted"]),
        changes_missed=row["version"] - row["seen_version"],
    )
