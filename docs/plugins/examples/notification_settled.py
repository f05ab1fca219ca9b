"""Log what did not reach a member."""

import logging

from teammcp import NotificationInfo, Team, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def notification_settled(team: Team, notification: NotificationInfo, notifier: str, outcome: str) -> None:
    if outcome == "failed":
        log.warning("%s: notification %d of %s by %s", team.name, notification.id, notification.agent, notifier)
