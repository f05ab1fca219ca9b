"""How an approval ends without being carried out."""

from __future__ import annotations

from typing import Any

from teammcp import Conflict, Context, Transaction

from ..models import (
    Status,
)
from . import announcements, queries, voice_queries


def check_open(row: Any) -> None:
    """Refuse to end what has ended.

    Raises:
        Conflict: it says how, and by whom.
    """
    if row["closed_at"] is not None:
        raise Conflict(
            f"approval_id: approval {row['id']} is {row['status']} already, by {row['closed_by']}.",
            code="already_resolved",
            status=row["status"],
            decided_by=row["closed_by"],
        )


def end(context: Context, tx: Transaction, row: Any, status: Status, comment: str) -> None:
    """End an approval without doing what it is about."""
    queries.close(tx, row["id"], status, context.actor.name, context.now(), None, comment)
    voice_queries.stop_waiting(tx, row["id"])
    announcements.ended(context, tx, queries.approval(tx, row["id"]), **({"comment": comment} if comment else {}))
