"""Do something at times: log each hour how many members of each team are here."""

import logging

from teammcp import Job, Team, hookimpl

log = logging.getLogger(__name__)


def count(team: Team) -> None:
    log.info("%s: %d online", team.name, team.presence.count)


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("example.count", count, every=3600, per_team=True)]
