"""What a directive is, whose it is to see, and the one way in which it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....arguments.fields import PRIORITIES
from ....errors import NotFound
from ....members.directory import SYSTEM, Access
from ....operations import Context
from ....server import Team
from ....server.leases import lease_end_of
from ....storage import Row, Transaction, present
from ..events import DirectiveCancelled, DirectiveDone, DirectiveEvent, DirectiveExpired, DirectiveFailed
from . import queries
from .models import OPEN, Directive

ENDED: dict[str, type[DirectiveEvent]] = {
    "done": DirectiveDone,
    "failed": DirectiveFailed,
    "cancelled": DirectiveCancelled,
    "expired": DirectiveExpired,
}
"""The event with which a directive of this status has ended."""
LEASE_ENDED: dict[str, Any] = {"lease_agent": None, "lease_expires_at": None}


def shape(team: Team, row: Row) -> Directive:
    """The public shape of a row; a lease ends when its worker's last sign of life says so."""
    shown = ("id", "issuer", "worker", "instruction", "status", "result", "message_id", "attempts", "max_attempts")
    times = ("lease_seconds", "expires_at", "created_at", "started_at", "closed_at", "closed_by")
    return Directive(
        **{name: row[name] for name in (*shown, *times)},
        payload=None if row["payload"] is None else json.loads(row["payload"]),
        priority=PRIORITIES[row["priority"]],
        lease_expires_at=None if row["lease_agent"] is None else lease_end_of(team, row),
    )


def may_see(context: Context, row: Row) -> bool:
    """Its issuer, its worker and the managers; and the server itself, which looks after all of them."""
    actor = context.actor
    return actor is SYSTEM or actor.access >= Access.manager or actor.name in (row["issuer"], row["worker"])


async def visible(context: Context, directive_id: int) -> Row:
    """A directive that the actor may see.

    Raises:
        NotFound: there is none, or it is between others.
    """
    return _seen(context, directive_id, await context.read(queries.directive, directive_id))


def still_there(context: Context, tx: Transaction, directive_id: int) -> Row:
    """The directive as it is now, in a transaction. Raises as `visible`."""
    return _seen(context, directive_id, queries.directive(tx, directive_id))


def _seen(context: Context, directive_id: int, row: Row | None) -> Row:
    if row is None or not may_see(context, row):
        raise NotFound(
            f"directive_id: there is no directive {directive_id} of yours. list_directives lists them.",
            code="directive_not_found",
        )
    return row


def change(context: Context, tx: Transaction, row: Row, kind: type[DirectiveEvent], new: Mapping[str, Any]) -> Row:
    """Write new values of columns, and the event that tells both sides; the row as it is then."""
    queries.update(tx, row["id"], new)
    changed = queries.directive(tx, row["id"])
    emit(context, tx, present(changed), kind)
    return present(changed)


def close(context: Context, tx: Transaction, row: Row, status: str, result: str, **new: Any) -> Row:
    """End a directive for good."""
    ended = {"status": status, "result": result, "closed_at": context.now(), "closed_by": context.actor.name}
    return change(context, tx, row, ENDED[status], {**LEASE_ENDED, **ended, **new})


def emit(context: Context, tx: Transaction, row: Row, kind: type[DirectiveEvent]) -> None:
    """Append an event of a directive, without its texts: they are in the message, and in the directive itself."""
    event = kind(**{name: row[name] for name in DirectiveEvent.model_fields})
    context.emit(tx, event, row["id"], agents=sorted({row["issuer"], row["worker"]}))


def is_open(row: Row) -> bool:
    """Whether it has not ended."""
    return row["status"] in OPEN


def has_expired(row: Row, now: int) -> bool:
    """Whether it waits still though its time is over."""
    return row["status"] == "pending" and row["expires_at"] is not None and row["expires_at"] <= now
