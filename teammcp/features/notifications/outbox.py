"""The outbox: how a notification in it ends, and who is told."""

from __future__ import annotations

from typing import Any

from ...operations import Context
from ...storage import Row, Transaction
from . import queries
from .events import NotificationEvent, NotificationQueued, NotificationSettled
from .models import NotificationInfo, Outcome
from .notifiers import Notification


def drop_address(context: Context, tx: Transaction, agent: str, notifier: str) -> None:
    """Give up what waits for an address that is used no more."""
    for row in queries.waiting_of_address(tx, agent, notifier):
        settle(context, tx, row, row["attempts"], "given_up", "the address was removed")


def settle(
    context: Context, tx: Transaction, row: Row, attempts: int, outcome: Outcome, error: str | None
) -> NotificationInfo:
    """End a notification. Where it went and what it said is not kept."""
    queries.settle(tx, row["id"], attempts, outcome, error, context.now())
    _emit(context, tx, NotificationSettled(**_about(row), outcome=outcome), row, outcome=outcome)
    return info(queries.notification(tx, row["id"]))


def info(row: Any) -> NotificationInfo:
    """A row's public shape."""
    shown = {name: row[name] for name in NotificationInfo.model_fields if name != "next_attempt_at"}
    return NotificationInfo(**shown, next_attempt_at=row["next_at"])


def emit_queued(context: Context, tx: Transaction, row: Any) -> None:
    """Append the event of a notification that is in the outbox now."""
    _emit(context, tx, NotificationQueued(**_about(row)), row)


def _about(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in NotificationEvent.model_fields}


def _emit(context: Context, tx: Transaction, event: NotificationEvent, row: Any, **more: Any) -> None:
    """An event for those whom it concerns, without address and text; and the hook."""
    known = context.team.directory.agents
    audience = [name for name in dict.fromkeys((row["agent"], row["sender"])) if name in known]
    context.emit(tx, event, row["id"], agents=audience)
    told = {"notification": notification_of(context, row), **more}
    hook = event.event_kind.replace(".", "_")
    tx.on_commit(lambda: context.team.notify(hook, team=context.team, **told))


def notification_of(context: Context, row: Any) -> Notification:
    """A row as notifiers and hooks get it."""
    names = ("id", "agent", "address", "reason", "message_id", "channel", "sender", "content")
    return Notification(team=context.team.name, **{name: row[name] for name in names})
