"""Do something at times: log each hour how many members are here."""

import logging

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from teammcp import Server, hookimpl

log = logging.getLogger(__name__)


async def count(server: Server) -> None:
    for team in server.teams.values():
        log.info("%s: %d online", team.name, team.presence.count)


@hookimpl
def register_jobs(scheduler: AsyncIOScheduler, server: Server) -> None:
    scheduler.add_job(count, "interval", [server], hours=1, id="example-count")
