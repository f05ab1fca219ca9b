"""What the server does with a brief: it sends it."""

from __future__ import annotations

import logging

from teammcp import Context, Result, Row, TeamError, Transaction, Work, excerpt, operation, present

from ...sentences import TASK_NOT_SENT
from .. import queries
from ..notes import DETAIL, hold

log = logging.getLogger(__name__)


class HandedOver(Result):
    """Whether a brief was sent."""

    sent: bool


@operation(internal=True)
async def send_brief(context: Context, agent: str) -> Work[HandedOver]:
    """Send the first task of an agent that was made here. One that cannot be sent holds the agent, which says why."""
    row = present(await context.read(queries.home, agent))
    starter = context.team.directory.agent(row["started_by"])
    try:
        if starter is None or starter.retired:
            raise TeamError(f"{row['started_by']} is no member any more.")
        own = Context.inside(context.team, starter)
        send = await own.prepare("send_message", channel=f"dm:{agent}", content=row["brief"])
    except TeamError as error:
        return _fail(context, row, error.detail)

    def work(tx: Transaction) -> HandedOver:
        if not present(queries.home(tx, agent))["brief"]:
            return HandedOver(sent=False)
        queries.set_brief(tx, agent, "")
        send(tx)
        return HandedOver(sent=True)

    return work


def _fail(context: Context, row: Row, why: str) -> Work[HandedOver]:
    log.warning("The first task of %s cannot be sent: %s", row["agent"], why)

    def work(tx: Transaction) -> HandedOver:
        queries.set_brief(tx, row["agent"], "")
        hold(context, tx, row, TASK_NOT_SENT(why=excerpt(why, DETAIL)))
        return HandedOver(sent=False)

    return work
