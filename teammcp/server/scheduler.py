"""APScheduler on the server's clock, with which it goes on at its pace whatever becomes of the machine's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_PAUSED
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from ..clock import Clock
from .cron import Cron

LOOK = 1.0
"""Seconds after which it is looked again whether something is due, and whether time has just passed."""
JUMP = timedelta(seconds=1)
"""By how much the server's time must have followed a clock that was set for its jobs to follow."""
TICK = timedelta(milliseconds=1)


class CronTime(BaseTrigger):  # type: ignore[misc]  # it has no types
    """APScheduler's view of a cron expression as this server reads it.

    Args:
        cron: the expression.
        zone: whose clocks it is about.
    """

    def __init__(self, cron: Cron, zone: ZoneInfo) -> None:
        self._cron = cron
        self._zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first time after ``previous_fire_time``, or from ``now`` on."""
        after = now - TICK if previous_fire_time is None else previous_fire_time
        found = self._cron.next_after(round(after.timestamp() * 1000), self._zone)
        return None if found is None else datetime.fromtimestamp(found / 1000, UTC)


class Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # it has no types
    """Begins jobs when they are due. One that is due several times at once, after a rest, is begun once.

    APScheduler itself computes with the machine's clock and sleeps by another, so that it would sleep for as long as
    the clock is set back, however soon that is put right. This one looks every second, and asks the server's clock.

    Args:
        clock: the server's. Unless it runs by itself, nothing is begun but by `run_pending`.
        look: called each time before anything else.
    """

    def __init__(self, clock: Clock, look: Callable[[], None]) -> None:
        super().__init__(timezone=UTC)
        self._clock = clock
        self._look = look
        self._lead = self._measure_lead()

    def add(self, name: str, trigger: BaseTrigger, begin: Callable[[], object]) -> None:
        """Call ``begin`` at the times of ``trigger``."""
        now = self._now()
        every = isinstance(trigger, IntervalTrigger)
        first = now + trigger.interval if every else trigger.get_next_fire_time(None, now + TICK)
        self.add_job(begin, trigger, id=name, next_run_time=first)

    def run_pending(self) -> None:
        """Begin what is due."""
        self._look()
        self._follow_clock()
        now = self._now()
        store = self._lookup_jobstore("default")
        for job in store.get_due_jobs(now):
            job.func()
            job._modify(next_run_time=_following(job, now))
            store.update_job(job)

    def _process_jobs(self) -> float | None:
        """Called by APScheduler when it wakes; for how many seconds it may sleep."""
        if self.state == STATE_PAUSED:
            return None
        if not self._clock.by_itself:
            self._look()
            return LOOK
        self.run_pending()
        upcoming = self._lookup_jobstore("default").get_next_run_time()
        if upcoming is None:
            return LOOK
        return float(min(max((upcoming - self._now()).total_seconds(), 0), LOOK))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)

    # -- clocks that are set -------------------------------------------------------------------------------------------

    def _measure_lead(self) -> timedelta:
        """How far the time of day is ahead of the time that has passed: it changes when a clock is followed."""
        return timedelta(milliseconds=self._clock.now() - self._clock.steady())

    def _follow_clock(self) -> None:
        before, self._lead = self._lead, self._measure_lead()
        step = self._lead - before
        if abs(step) < JUMP:
            return
        for job in self.get_jobs():
            if job.next_run_time is None:
                continue
            if isinstance(job.trigger, IntervalTrigger):  # what was due in a minute is due in one
                job.modify(next_run_time=job.next_run_time + step)
            elif step < timedelta():
                self._go_on(job, -step)

    def _go_on(self, job: Any, step: timedelta) -> None:
        """What comes round within the step goes on at once; what is rarer has been done already."""
        upcoming = job.next_run_time
        later = job.trigger.get_next_fire_time(upcoming, upcoming)
        if later is not None and later - upcoming <= step:
            job.modify(next_run_time=job.trigger.get_next_fire_time(None, self._now()))


def _following(job: Any, now: datetime) -> datetime | None:
    """When a job comes that is due: the first time from then on that is not over yet."""
    trigger, due = job.trigger, job.next_run_time
    if isinstance(trigger, IntervalTrigger):
        following: datetime | None = due + ((now - due) // trigger.interval + 1) * trigger.interval
    else:
        following = trigger.get_next_fire_time(None, now + TICK)
    return following
