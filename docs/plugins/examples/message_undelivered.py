"""Tell somebody else when a message could not reach its reader."""

import logging

from teammcp import Context, Message, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def message_undelivered(context: Context, message: Message, agent: str, reason: str) -> None:
    log.warning("message %d did not reach %s: %s", message.id, agent, reason)
