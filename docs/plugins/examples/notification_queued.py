"""Count what is queued, by notifier."""

from collections import Counter

from teammcp import NotificationInfo, Team, hookimpl

QUEUED = Counter[str]()


@hookimpl
def notification_queued(team: Team, notification: NotificationInfo, notifier: str) -> None:
    QUEUED[notifier] += 1
