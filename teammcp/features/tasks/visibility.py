"""Who sees which task: with a topic or direct message as its channel, whoever reads that; any other, the whole team."""

from __future__ import annotations

from ...errors import NotFound
from ...members.directory import SYSTEM, Channel
from ...operations import Context
from ...storage import Row, Transaction
from .tasks import queries


def scope_of(channel: Channel | None) -> str:
    """What limits the sight of the tasks of a channel: its id, or '' if the whole team sees them."""
    return "" if channel is None or channel.kind == "group" else channel.id


def sees(context: Context, name: str, scope: str) -> bool:
    """Whether a member may see the tasks of a scope."""
    return not scope or name in scope.split(":")[1:] or context.team.directory.can_read(name, scope)


def may_see(context: Context, row: Row) -> bool:
    """Whether the actor may see a task; the server itself, which looks after all of them, may."""
    return context.actor is SYSTEM or sees(context, context.actor.name, row["scope"])


def scopes(context: Context) -> list[str]:
    """All scopes whose tasks the actor may see."""
    directory = context.team.directory
    joined = [directory.channels[channel] for channel in directory.joined(context.actor.name)]
    return ["", *sorted(channel.id for channel in joined if channel.kind != "group")]


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
