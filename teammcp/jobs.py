"""Periodic work: one scheduler for the features and plugins of a process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from .team import Server, Team

PATIENCE = 5.0
"""Seconds that a stop waits for jobs that are under way."""

log = logging.getLogger(__name__)


class Jobs:
    """The scheduler, and how to stop it without breaking off what it is doing."""

    def __init__(self) -> None:
        # A job that comes late, because the machine was busy or asleep, is done once all the same.
        defaults = {"coalesce": True, "misfire_grace_time": None}
        self.scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
        self.scheduler.add_listener(self._began, EVENT_JOB_SUBMITTED)
        self.scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def stop(self) -> None:
        """Begin no further job, and let those under way come to their end."""
        self.scheduler.pause()
        try:
            await asyncio.wait_for(self._idle.wait(), PATIENCE)
        except TimeoutError:
            log.error("gave up waiting for %d jobs after %s s", self._running, PATIENCE)
        self.scheduler.shutdown(wait=False)

    def _began(self, event: Any) -> None:
        self._running += 1
        self._idle.clear()

    def _ended(self, event: Any) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()


async def in_each_team(server: Server, work: Callable[[Team], Awaitable[None]], what: str) -> None:
    """Do a job's work in every team; where it fails, that does not keep it from the others.

    Args:
        what: what is looked at, for the log: ``leases``.
    """
    for team in list(server.teams.values()):
        try:
            await work(team)
        except Exception:
            log.exception("the %s of team %s could not be looked at", what, team.name)
