"""Claims: taking a task under a lease, reporting on it, finishing it or giving it back.

Whoever claims a task gets a fencing token, a number that grows with each claim of that task. Every later call gives it,
so that somebody whose lease has ended can change nothing any more. What a lease is worth is in ``leases.py``.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from .....errors import Refused
from .....operations import Context, operation
from .....storage import Reader, Row, Transaction, Work, present
from ....agents import capabilities
from ....messages import send_notes
from ... import notification_texts, notifications
from ...events import TaskClaimed, TaskDone, TaskProgressed, TaskReleased
from ...tasks import changes, equivalents, leases, linked_state, queries, shapes
from ...tasks.models import Claim, Comment, Description, Id, Percent, Progress
from .. import attempts
from .. import queries as lease_queries

FencingToken = Annotated[int, Field(ge=1, le=2**53)]
Step = Callable[[Transaction, Row], Progress]
"""What a call about a claim does to the task as it is now, in the transaction."""
COLUMNS = {"progress": "own_progress", "status": "status"}
"""The columns that hold what is reported."""


# -- taking ----------------------------------------------------------------------------------------------------------


@operation("POST /api/tasks/{task_id}/claim", profile="tasks", everyday=True, amounts_to=equivalents.CLAIMING)
async def claim_task(context: Context, task_id: Id) -> Work[Claim] | Claim:
    """Take a task to work on. If ok, keep fencing_token for your calls about it; else reason says why not.

    Claiming what is yours already gives the same token again.
    """
    row = await changes.visible_task(context, task_id)
    if (answer := await context.read(_known, context, row)) is not None:
        return answer
    await changes.before(context, row, "claimed", {})

    def work(tx: Transaction) -> Claim:
        row = changes.still_visible(context, tx, task_id)
        return _known(tx, context, row) or _take(context, tx, row)

    return work


@operation("POST /api/tasks/claim-next", profile="tasks", everyday=True, amounts_to=equivalents.CLAIMING_NEXT)
async def claim_next_task(context: Context) -> Work[Claim] | Claim:
    """Take the most pressing task that you may take and can do: of the highest priority, the oldest.

    reason "none": there is nothing for you. reason "taken_by": somebody was faster; call again.
    """
    row = await context.read(_next, context)
    if row is None:
        return Claim(ok=False, reason="none")
    vetted = None
    if context.server.plugins.handles("before_task_change"):
        vetted = await _first_allowed(context, row)

    def work(tx: Transaction) -> Claim:
        row = _next(tx, context) if vetted is None else changes.still_visible(context, tx, vetted)
        if row is None:
            return Claim(ok=False, reason="none")
        return _known(tx, context, row) or _take(context, tx, row)

    return work


async def _first_allowed(context: Context, row: Row) -> int:
    """The id of the first task, from ``row`` on, that no plugin keeps the actor from claiming.

    Raises:
        Refused: there is none; why the actor does not get the first.
    """
    candidate: Row | None = row
    refusals: list[Refused] = []
    while candidate is not None:
        try:
            await changes.before(context, candidate, "claimed", {})
        except Refused as refusal:
            refusals.append(refusal)
            candidate = await context.read(_next, context, (candidate["priority"], candidate["id"]))
        else:
            return int(candidate["id"])
    raise refusals[0]


def _next(reader: Reader, context: Context, behind: tuple[int, int] = (-1, 0)) -> Row | None:
    """The first of all lanes that the actor may take from, behind a task's priority and id."""
    able = set(capabilities(reader, context.actor.name))
    best: tuple[int, int] | None = None
    for lane in lease_queries.lanes(reader, context.actor.name):
        if not changes.may_see(context, lane) or not able.issuperset(json.loads(lane["requires"])):
            continue
        first = lease_queries.first_of_lane(reader, lane["id"], *behind)
        if first is not None and (best is None or tuple(first) < best):
            best = tuple(first)
    return None if best is None else queries.task(reader, best[1])


def _known(reader: Reader, context: Context, row: Row) -> Claim | None:
    """The answer to a claim that changes nothing: the actor holds the task already, or something is in the way."""
    me = context.actor.name
    if row["lease_agent"] == me:
        return _claimed(reader, context, row)
    refused = Claim(ok=False, task_id=row["id"], status=row["status"], taken_by=row["assignee"])
    if row["assignee"] not in (None, me) and row["status"] in ("todo", "doing", "blocked"):
        return refused.model_copy(update={"reason": "taken_by"})
    if row["status"] != "todo":
        return refused.model_copy(update={"reason": "not_open"})
    if row["unmet"]:
        pending = shapes.task_of(reader, row).pending_deps
        return refused.model_copy(update={"reason": "deps_unmet", "pending_deps": pending})
    return None


def _take(context: Context, tx: Transaction, row: Row) -> Claim:
    new = leases.given(row, context.actor, context.now())
    changes.apply(context, tx, row, new, action="claimed", kind=TaskClaimed)
    return _claimed(tx, context, present(queries.task(tx, row["id"])))


def _claimed(reader: Reader, context: Context, row: Row) -> Claim:
    task = shapes.task_of(reader, row)
    leases.show_as_of_now(context.team, [task])
    return Claim(
        ok=True,
        task_id=row["id"],
        fencing_token=row["fencing_token"],
        lease_expires_at=leases.expires_at(context.team, row),
        progress_due_at=row["progress_due_at"],
        task=task,
    )


# -- working ---------------------------------------------------------------------------------------------------------


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
    given = {"progress": progress, "status": status, "comment": comment or None}

    async def prepare(row: Row, values: dict[str, Any]) -> Step:
        said = values.get("comment", "")
        blocks = values.get("status") == "blocked" != row["status"]
        texts = notification_texts.of_change(context.actor.name, row, {"status": "blocked"}, said) if blocks else []
        notes = await notifications.prepare(context, texts, row, said)

        def step(tx: Transaction, row: Row) -> Progress:
            new = leases.renewed(row, context.actor, context.now())
            new |= {COLUMNS[field]: values[field] for field in COLUMNS.keys() & values.keys()}
            changes.apply(context, tx, row, new, action="progress", kind=TaskProgressed, comment=said)
            send_notes(tx, notes)
            now = changes.still_visible(context, tx, task_id)
            return Progress(
                ok=True,
                task_id=task_id,
                status=now["status"],
                progress=now["progress"],
                lease_expires_at=leases.expires_at(context.team, now),
                progress_due_at=now["progress_due_at"],
            )

        return step

    return await _with_token(context, task_id, fencing_token, "progress", given, prepare)


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
        notes = await notifications.prepare(context, texts, row)

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
            new, said = leases.given_back(context.team, row), values.get("comment", "")
            changes.apply(context, tx, row, new, action="released", kind=TaskReleased, comment=said)
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
        arguments: what the caller gave, None for nothing; the plugins may change it.
        prepare: makes the step, of the task and these arguments.
    """
    row = await changes.visible_task(context, task_id)
    if not _holds(context, row, token):
        return _stale(context, row)
    given = {name: value for name, value in arguments.items() if value is not None}
    step = await prepare(row, await changes.before(context, row, action, given))

    def work(tx: Transaction) -> Progress:
        now = changes.still_visible(context, tx, task_id)
        return step(tx, now) if _holds(context, now, token) else _stale(context, now)

    return work


def _holds(context: Context, row: Row, token: int) -> bool:
    return (row["lease_agent"], row["fencing_token"]) == (context.actor.name, token)


def _stale(context: Context, row: Row) -> Progress:
    """Tells who has the task now. The live token is its holder's alone to see."""
    mine = row["lease_agent"] == context.actor.name
    return Progress(
        ok=False,
        task_id=row["id"],
        reason="stale_token",
        current_fencing_token=row["fencing_token"] if mine else None,
        current_assignee=row["assignee"],
        status=row["status"],
    )
