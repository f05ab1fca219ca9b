"""Taking a task under a lease: a certain one, or the most pressing that there is."""

from __future__ import annotations

import json

from .....arguments.fields import Id
from .....errors import Refused
from .....operations import Context, operation
from .....server.leases import lease_end_of
from .....storage import Reader, Row, Transaction, Work, present
from ....agents import capabilities
from ...field_types import OPEN
from ...tasks import changes, equivalents, leases, vetting
from ...tasks import queries as task_queries
from ...tasks.events import TaskClaimed
from ...tasks.lookup import still_visible, visible_task
from ...tasks.shapes import task_of
from ...visibility import may_see
from .. import queries
from ..models import Claim


@operation("POST /api/tasks/{task_id}/claim", profile="tasks", everyday=True, amounts_to=equivalents.CLAIMING)
async def claim_task(context: Context, task_id: Id) -> Work[Claim] | Claim:
    """Take a task to work on. If ok, keep fencing_token for your calls about it; else reason says why not.

    Claiming what is yours already gives the same token again.
    """
    row = await visible_task(context, task_id)
    if (answer := await context.read(_known, context, row)) is not None:
        return answer
    await vetting.before(context, row, "claimed", {})

    def work(tx: Transaction) -> Claim:
        now = still_visible(context, tx, task_id)
        return _known(tx, context, now) or _take(context, tx, now)

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
        now = _next(tx, context) if vetted is None else still_visible(context, tx, vetted)
        if now is None:
            return Claim(ok=False, reason="none")
        return _known(tx, context, now) or _take(context, tx, now)

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
            await vetting.before(context, candidate, "claimed", {})
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
    for lane in queries.lanes(reader, context.actor.name):
        if not may_see(context, lane) or not able.issuperset(json.loads(lane["requires"])):
            continue
        first = queries.first_of_lane(reader, lane["id"], *behind)
        if first is not None and (best is None or tuple(first) < best):
            best = tuple(first)
    return None if best is None else task_queries.task(reader, best[1])


def _known(reader: Reader, context: Context, row: Row) -> Claim | None:
    """The answer to a claim that changes nothing: the actor holds the task already, or something is in the way."""
    me = context.actor.name
    if row["lease_agent"] == me:
        return _claimed(reader, context, row)
    refused = Claim(ok=False, task_id=row["id"], status=row["status"], taken_by=row["assignee"])
    if row["assignee"] not in (None, me) and row["status"] in OPEN:
        return refused.model_copy(update={"reason": "taken_by"})
    if row["status"] != "todo":
        return refused.model_copy(update={"reason": "not_open"})
    if row["unmet"]:
        pending = task_of(reader, row).pending_deps
        return refused.model_copy(update={"reason": "deps_unmet", "pending_deps": pending})
    return None


def _take(context: Context, tx: Transaction, row: Row) -> Claim:
    new = leases.of_claim(row, context.actor, context.now())
    changes.apply(context, tx, row, new, action="claimed", kind=TaskClaimed)
    return _claimed(tx, context, present(task_queries.task(tx, row["id"])))


def _claimed(reader: Reader, context: Context, row: Row) -> Claim:
    task = task_of(reader, row)
    leases.show_as_of_now(context.team, [task])
    return Claim(
        ok=True,
        task_id=row["id"],
        fencing_token=row["fencing_token"],
        lease_expires_at=lease_end_of(context.team, row),
        progress_due_at=row["progress_due_at"],
        task=task,
    )
