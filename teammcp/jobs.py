"""Periodic work: one scheduler for the features and plugins of a process."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

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
