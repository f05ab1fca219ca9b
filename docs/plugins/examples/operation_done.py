"""Keep a log of who did what. Results may hold secrets: log names, not results."""

import logging

from teammcp import Context, Operation, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def operation_done(context: Context, operation: Operation) -> None:
    log.info("%s: %s did %s", context.team.name, context.actor.name, operation.name)
