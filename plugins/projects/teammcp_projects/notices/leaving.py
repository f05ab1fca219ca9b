"""What becomes of subscriptions and notices when a project is removed."""

from __future__ import annotations

from teammcp import Conflict, Context, Transaction

from ..events import NoticeLeft
from . import queries
from . import subscription_queries as subscriptions
from .progress import settle


def take_out(context: Context, tx: Transaction, project: str) -> None:
    """Let a project build on nothing, and no open notice wait for it.

    Raises:
        Conflict: it has open notices of its own.
    """
    if count := queries.count_open(tx, project):
        raise Conflict(
            f"project: {count} notices of {project} are open. End them first with end_notice; list_notices has them.",
            code="open_notices",
        )
    subscriptions.delete_of(tx, project)
    for row in queries.lines_of(tx, project):
        queries.delete_line(tx, row["notice"], project)
        notice = queries.notice(tx, row["notice"])
        assert notice is not None  # noqa: S101 - its line was there
        event = NoticeLeft(notice=row["notice"], project=notice["project"], consumer=project)
        context.emit(tx, event, row["notice"])
        settle(context, tx, row["notice"])
