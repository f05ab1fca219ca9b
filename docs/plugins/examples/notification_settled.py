"""Log what did not reach a member."""

import logging

from teammcp import Notification, Team, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def notification_settled(team: Team, notification: Notification, outcome: str) -> None:
    if outcome != "delivered":
        log.warning("%s: notification %d of %s: %s", team.name, notification.id, notification.agent, outcome)
