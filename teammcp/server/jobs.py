"""Periodic work: one scheduler for the features and plugins of a process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_PAUSED
from apscheduler.triggers.interval import IntervalTrigger

from ..clock import rfc3339
from . import Server, Team
from .health import Problem

PATIENCE = 5.0
"""Seconds that a stop waits for jobs that are under way."""
LOOK = 1.0
"""Seconds after which it is looked again whether something is due, and whether time has just passed."""
JUMP = 1.0
"""Seconds by which the clocks of the machine may differ more than before without one of them having been set."""
LONG = 600.0
"""Seconds after which a job that does not end is told."""

log = logging.getLogger(__name__)


@dataclass
class Job:
    """What is known of one job."""

    runs: int = 0
    failures: int = 0
    last_run: int | None = None
    error: str | None = None
    running_since: float | None = None


class Jobs:
    """The scheduler, what became of its jobs, and how to stop it without breaking off what it is doing."""

    name = "jobs"

    def __init__(self, server: Server) -> None:
        self._server = server
        # A job that comes late, because the machine was busy or asleep, is done once all the same.
        defaults = {"coalesce": True, "misfire_grace_time": None}
        self.scheduler = Scheduler(server.time.look, timezone="UTC", job_defaults=defaults)
        self.scheduler.add_listener(self._began, EVENT_JOB_SUBMITTED)
        self.scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self._jobs: dict[str, Job] = defaultdict(Job)
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        server.health.add(self)

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
        self._jobs[event.job_id].running_since = time.monotonic()

    def _ended(self, event: Any) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()
        job, error = self._jobs[event.job_id], getattr(event, "exception", None)
        job.running_since, job.runs, job.last_run = None, job.runs + 1, self._server.clock.now()
        job.failures += error is not None
        job.error = None if error is None else f"{type(error).__name__}: {error}"

    async def problems(self) -> list[Problem]:
        """Jobs whose last run has failed, or does not end."""
        found = [f"The job {name} has failed: {job.error}" for name, job in self._jobs.items() if job.error]
        for (what, team), error in self._server.job_faults.items():
            found.append(f"The {what} of team {team} could not be looked at: {error}")
        for name, job in self._jobs.items():
            if job.running_since is not None and (spent := time.monotonic() - job.running_since) > LONG:
                found.append(f"The job {name} has been running for {spent:.0f} s.")
        return [Problem(self.name, text) for text in found]

    def facts(self) -> dict[str, Any]:
        """When each job has run last, how often, and how often in vain."""
        return {
            name: {
                "runs": job.runs,
                "failures": job.failures,
                "last_run": None if job.last_run is None else rfc3339(job.last_run),
            }
            for name, job in sorted(self._jobs.items())
        }


class Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # it has no types
    """APScheduler, which computes with the machine's clock and sleeps by another: it looks again every second.

    Left to itself it would sleep for as long as the clock is set back, however soon that is put right.

    Args:
        look: called each time before anything else.
        options: of APScheduler.
    """

    def __init__(self, look: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._look = look
        self._ahead = self._wall() - time.monotonic()

    def _wall(self) -> float:
        """The machine's clock, as APScheduler reads it."""
        return datetime.now(self.timezone).timestamp()

    def _process_jobs(self) -> float | None:
        if self.state == STATE_PAUSED:
            return None
        self._look()
        before, self._ahead = self._ahead, self._wall() - time.monotonic()
        if abs(self._ahead - before) >= JUMP:
            self._follow(timedelta(seconds=self._ahead - before))
        wait: float | None = super()._process_jobs()
        return LOOK if wait is None else min(wait, LOOK)

    def _follow(self, step: timedelta) -> None:
        """Follow the clock, which was set forward by ``step``: what was due in a minute is due in one."""
        for job in self.get_jobs():
            if job.next_run_time is None:
                continue
            if isinstance(job.trigger, IntervalTrigger):
                job.modify(next_run_time=job.next_run_time + step)
            elif step < timedelta():
                self._go_on(job, -step)

    def _go_on(self, job: Any, step: timedelta) -> None:
        """What comes round within the step goes on at once; what is rarer has been done already."""
        upcoming = job.next_run_time
        later = job.trigger.get_next_fire_time(upcoming, upcoming)
        if later is not None and later - upcoming <= step:
            job.modify(next_run_time=job.trigger.get_next_fire_time(None, datetime.now(self.timezone)))


async def in_each_team(server: Server, work: Callable[[Team], Awaitable[None]], what: str) -> None:
    """Do a job's work in every team; where it fails, that does not keep it from the others.

    Args:
        what: what is looked at, for the log: ``leases``.
    """
    for team in list(server.teams.values()):
        try:
            await work(team)
        except Exception as error:
            log.exception("the %s of team %s could not be looked at", what, team.name)
            server.job_faults[what, team.name] = f"{type(error).__name__}: {error}"
        else:
            server.job_faults.pop((what, team.name), None)
