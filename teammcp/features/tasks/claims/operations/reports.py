"""What the holder of a claim says of its task: how it gets on, that it is done or failed, that others may have it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from .....arguments.fields import FencingToken, Id
from .....operations import Context, operation
from .....server.leases import lease_end_of
from .....storage import Row, Transaction, Work
from ....messages import send_notes
from ... import notification_texts, notifications
from ...field_types import Comment, Description, Percent
from ...tasks import changes, equivalents, leases, linked_state, vetting
from ...tasks.arguments import without_none
from ...tasks.events import TaskDone, TaskProgressed, TaskReleased
from ...tasks.lookup import still_visible, visible_task
from .. import attempts
from ..models import Progress

Step = Callable[[Transaction, Row], Progress]
"""What a call about a claim does to the task as it is now, in the transaction."""
COLUMNS = {"progress": "own_progress", "status": "status"}
"""The columns that hold what is reported."""


@operation("POST /api/tasks/{task_id}/progress", profile="tasks", everyday=True, amounts_to=equivalents.REPORTING)
async def update_task_progress(
    context: Context,
    task_id: Id,
    fencing_token: FencingToken,
    progress: Percent | None = None,
    status: Literal["doing", "blocked"] | None = None,
    comment: Comment = "",
) -> Work[Progress] | Progress:
    """Report on a task that you have claimed: percent, "blocked" if you cannot go on, a comment.

    Report before progress_due_at, or the task goes back to the queue. reason "stale_token": it is not yours any more.
    """

    async def prepare(row: Row, values: dict[str, Any]) -> Step:
        report = values.get("comment", "")
        blocks = values.get("status") == "blocked" != row["status"]
        texts = notification_texts.of_change(context.actor.name, row, {"status": "blocked"}, report) if blocks else []
        notes = await notifications.prepare(context, texts, row, report, occasion="blocked" if blocks else "")

        def step(tx: Transaction, row: Row) -> Progress:
            new = leases.renewed(row, context.actor, context.now())
            new |= {COLUMNS[field]: values[field] for field in COLUMNS.keys() & values.keys()}
            changes.apply(context, tx, row, new, action="progress", kind=TaskProgressed, comment=report)
            send_notes(tx, notes)
            now = still_visible(context, tx, task_id)
            return Progress(
                ok=True,
                task_id=task_id,
                status=now["status"],
                progress=now["progress"],
                lease_expires_at=lease_end_of(context.team, now),
                progress_due_at=now["progress_due_at"],
            )

        return step

    arguments = {"progress": progress, "status": status, "comment": comment or None}
    return await _with_token(context, task_id, fencing_token, "progress", arguments, prepare)


@operation(
    "POST /api/tasks/{task_id}/complete",
    profile="tasks",
    everyday=True,
    amounts_to=equivalents.finishing_but("complete_task"),
)
async def complete_task(
    context: Context, task_id: Id, fencing_token: FencingToken, result: Description | None = None
) -> Work[Progress] | Progress:
    """Finish a task that you have claimed; result: what came of it. unblocked: the tasks that can be claimed now."""

    async def prepare(row: Row, values: dict[str, Any]) -> Step:
        finish = await linked_state.prepare(context, row)
        texts = notification_texts.of_change(context.actor.name, row, {**values, "status": "done"}, "")
        notes = await notifications.prepare(context, texts, row, occasion="ended")

        def step(tx: Transaction, row: Row) -> Progress:
            approval = linked_state.run(tx, finish)
            new = {**values, "status": "done", **finish.columns(), **leases.ENDED}
            change = changes.apply(context, tx, row, new, action="completed", kind=TaskDone)
            send_notes(tx, notes)
            return Progress(
                ok=True,
                task_id=task_id,
                status="done",
                unblocked=change.unblocked,
                state_pending=finish.pending or None,
                approval=approval,
            )

        return step

    return await _with_token(context, task_id, fencing_token, "completed", {"result": result}, prepare)


@operation("POST /api/tasks/{task_id}/fail", profile="tasks", everyday=True, amounts_to=equivalents.FAILING)
async def fail_task(
    context: Context, task_id: Id, fencing_token: FencingToken, comment: Comment = ""
) -> Work[Progress] | Progress:
    """Say that you could not do a task that you have claimed; comment: why.

    It goes back to the queue for another attempt; after the last one (max_attempts) it is failed for good.
    """

    async def prepare(row: Row, values: dict[str, Any]) -> Step:
        why = values.get("comment", "")
        failure = await attempts.prepare(context, row, why)
        return lambda tx, row: attempts.run(context, tx, row, failure, why)

    return await _with_token(context, task_id, fencing_token, "failed", {"comment": comment or None}, prepare)


@operation("POST /api/tasks/{task_id}/release", profile="tasks", everyday=True, amounts_to=equivalents.RELEASING)
async def release_task(
    context: Context, task_id: Id, fencing_token: FencingToken, comment: Comment = ""
) -> Work[Progress] | Progress:
    """Give back a task that you have claimed, for somebody else to take. It does not count as an attempt."""

    async def prepare(row: Row, values: dict[str, Any]) -> Step:
        def step(tx: Transaction, row: Row) -> Progress:
            new = leases.given_back(context.team, row)
            report = values.get("comment", "")
            changes.apply(context, tx, row, new, action="released", kind=TaskReleased, comment=report)
            return Progress(ok=True, task_id=task_id, status="todo", attempts=row["attempts"])

        return step

    return await _with_token(context, task_id, fencing_token, "released", {"comment": comment or None}, prepare)


async def _with_token(
    context: Context,
    task_id: int,
    token: int,
    action: str,
    arguments: dict[str, Any],
    prepare: Callable[[Row, dict[str, Any]], Awaitable[Step]],
) -> Work[Progress] | Progress:
    """The work of a call about a claim; the claim is checked now, and again in the transaction.

    Args:
        context: whose call it is.
        task_id: the task.
        token: what the caller takes for the live fencing token.
        action: for the plugins.
        arguments: what the caller gave, None for nothing; the plugins may change it.
        prepare: makes the step, of the task and these arguments.
    """
    row = await visible_task(context, task_id)
    if not _holds(context, row, token):
        return _stale(context, row)
    step = await prepare(row, await vetting.before(context, row, action, without_none(arguments)))

    def work(tx: Transaction) -> Progress:
        now = still_visible(context, tx, task_id)
        return step(tx, now) if _holds(context, now, token) else _stale(context, now)

    return work


def _holds(context: Context, row: Row, token: int) -> bool:
    return (row["lease_agent"], row["fencing_token"]) == (context.actor.name, token)


def _stale(context: Context, row: Row) -> Progress:
    """The answer to a token that is not the live one: who has the task now. Only its holder sees the live token."""
    mine = row["lease_agent"] == context.actor.name
    return Progress(
        ok=False,
        task_id=row["id"],
        reason="stale_token",
        current_fencing_token=row["fencing_token"] if mine else None,
        current_assignee=row["assignee"],
        status=row["status"],
    )
