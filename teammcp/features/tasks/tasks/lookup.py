"""Finding a task for somebody, who may see it or not."""

from __future__ import annotations

from ....errors import NotFound
from ....operations import Context
from ....storage import Row, Transaction
from ..visibility import may_see
from . import queries


async def visible_task(context: Context, task_id: int) -> Row:
    """A task that the actor may see.

    Raises:
        NotFound: there is none, or it is not the actor's to know of.
    """
    return _seen(context, task_id, await context.read(queries.task, task_id))


def still_visible(context: Context, tx: Transaction, task_id: int) -> Row:
    """The task as it is now, in a transaction.

    Raises:
        NotFound: it was deleted meanwhile, or moved out of the actor's sight.
    """
    return _seen(context, task_id, queries.task(tx, task_id))


def _seen(context: Context, task_id: int, row: Row | None) -> Row:
    if row is None or not may_see(context, row):
        raise NotFound(f"There is no task {task_id} that you may see. list_tasks lists them.", code="task_not_found")
    return row
