"""Tell somebody else when a message could not reach its reader."""

import logging
from typing import Any

from teammcp import Context, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def message_undelivered(context: Context, message: Any, agent: str, reason: str) -> None:
    log.warning("message %d did not reach %s: %s", message.id, agent, reason)
