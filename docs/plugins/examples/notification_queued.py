"""Count what is queued."""

from collections import Counter

from teammcp import Notification, Team, hookimpl

QUEUED = Counter[str]()


@hookimpl
def notification_queued(team: Team, notification: Notification) -> None:
    QUEUED[team.name] += 1
