"""Jobs: work that comes round, of the core, the features and the plugins, on the server's clock."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ..clock import rfc3339
from .background import no_exit
from .cron import parse_cron
from .health import Problem
from .team import Host

if TYPE_CHECKING:
    from .scheduler import Scheduler

Work = Callable[[Any], Awaitable[None] | None]
"""Takes the `Server`, or a `Team`."""

STOP_TIMEOUT = 5.0
"""Seconds that a stop waits for jobs that are under way."""
LONG = 600_000
"""Milliseconds after which a job that does not end is told."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """Work that comes round. Contribute it with the hook ``register_jobs``.

    It is not begun again before it has ended, and what it has missed, because the machine slept, it does once. Give
    either ``every`` or ``cron``.

    Attributes:
        name: unlike that of any other job; put your plugin's name before it: ``polls.close``.
        work: a function of the server, or of a team, plain or async. It runs in the event loop.
        every: seconds between two times, the first one that long after the start. They are counted as they pass: a
            clock that is set does not change them.
        cron: a cron expression of five fields, or ``@daily``, for work at times of day.
        time_zone: whose time of day that is.
        per_team: do it once for each team. One in which it fails does not keep it from the others.

    Raises:
        ValueError: an attribute is wrong; the text says how.
    """

    name: str
    work: Work
    every: float | None = None
    cron: str | None = None
    time_zone: str = "UTC"
    per_team: bool = False

    def __post_init__(self) -> None:
        if (self.every is None) == (self.cron is None):
            raise ValueError(f"The job {self.name} needs either every or cron.")
        if self.every is not None and self.every <= 0:
            raise ValueError(f"The job {self.name}: every must be more than 0 seconds.")
        if self.cron is not None:
            try:
                parse_cron(self.cron)
                ZoneInfo(self.time_zone)
            except (ValueError, LookupError) as error:
                raise ValueError(f"The job {self.name}: {error}") from error


@dataclass
class Record:
    """What is known of one job."""

    job: Job
    plugin: str
    """Whose it is; empty for the core."""
    runs: int = 0
    failures: int = 0
    last_run: int | None = None
    """UTC milliseconds at which it ended."""
    running_since: int | None = None
    """Of the steady clock."""
    errors: dict[str, Exception] = field(default_factory=dict)
    """What the last run has failed with, by team; the team is empty for what is done once."""
    task: asyncio.Task[None] | None = None

    def error_in(self, team: str) -> str | None:
        """What the last run has failed with, for somebody of this team."""
        error = self.errors.get("", self.errors.get(team))
        return None if error is None else _words(error)


class Jobs:
    """All jobs of a server, what became of them, and how to stop without breaking off what they are doing."""

    name = "jobs"

    def __init__(self, server: Host, look: Callable[[], None]) -> None:
        self._server = server
        self._look = look
        self._records: dict[str, Record] = {}
        self._scheduler: Scheduler | None = None

    def collect(self, core: Iterable[Job]) -> None:
        """Gather the jobs of the core and of all plugins. A plugin that contributes a bad one is switched off."""
        plugins = self._server.plugins
        self._records = {job.name: Record(job, "") for job in core}
        for plugin, jobs in plugins.collect("register_jobs", server=self._server):
            try:
                found = {job.name: Record(job, plugin) for job in self._checked(jobs)}
            except (TypeError, ValueError):
                plugins.fail(plugin)
            else:
                self._records |= found

    def _checked(self, jobs: Iterable[Job]) -> Iterable[Job]:
        seen = set(self._records)
        for job in jobs:
            if not isinstance(job, Job):
                raise TypeError(f"register_jobs: {job!r} is no Job")
            if job.name in seen:
                raise ValueError(f"register_jobs: there is a job called {job.name!r} already")
            seen.add(job.name)
            yield job

    def start(self) -> None:
        """Begin each job from now on when it is due."""
        from apscheduler.triggers.interval import IntervalTrigger

        from .scheduler import CronTime, Scheduler

        self._scheduler = Scheduler(self._server.clock, self._look)
        for record in self._active():
            job = record.job
            if job.cron is None:
                trigger = IntervalTrigger(seconds=job.every, timezone="UTC")
            else:
                trigger = CronTime(parse_cron(job.cron), ZoneInfo(job.time_zone))
            self._scheduler.add(job.name, trigger, partial(self._begin, record))
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin no other job, and let those under way come to their end."""
        if self._scheduler is None:
            return
        self._scheduler.pause()
        if tasks := self._tasks():
            _, late = await asyncio.wait(tasks, timeout=STOP_TIMEOUT)
            if late:
                names = ", ".join(sorted(name for name, record in self._records.items() if record.task in late))
                log.error("gave up waiting after %s s for these jobs: %s", STOP_TIMEOUT, names)
            for task in late:
                task.cancel()
        self._scheduler.shutdown(wait=False)
        self._scheduler = None

    async def run_due(self) -> None:
        """Do what is due by the clock, and wait until it is done; see `Server.run_jobs`."""
        assert self._scheduler is not None, "the server is not running"  # noqa: S101 - for tests
        self._scheduler.run_pending()
        begun = [record for record in self._records.values() if record.task is not None]
        if tasks := self._tasks():
            await asyncio.wait(tasks)
        if errors := [error for record in begun for error in record.errors.values()]:
            raise ExceptionGroup("jobs have failed", errors)

    def _active(self) -> list[Record]:
        """Those whose plugin has not been switched off since."""
        plugins = self._server.plugins.plugins
        return [each for each in self._records.values() if not each.plugin or plugins[each.plugin].state == "active"]

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [record.task for record in self._records.values() if record.task is not None]

    # -- one run -------------------------------------------------------------------------------------------------------

    def _begin(self, record: Record) -> None:
        if record.task is None:  # otherwise the last run is still under way
            record.running_since = self._server.clock.steady()
            record.task = asyncio.create_task(self._run(record), context=contextvars.Context())

    async def _run(self, record: Record) -> None:
        try:
            record.errors = await (self._do_in_teams(record.job) if record.job.per_team else self._do(record.job))
        finally:
            record.task = record.running_since = None
            record.runs += 1
            record.failures += bool(record.errors)
            record.last_run = self._server.clock.now()

    async def _do(self, job: Job) -> dict[str, Exception]:
        try:
            await _done(job, self._server)
        except Exception as error:
            log.exception("the job %s has failed", job.name)
            return {"": error}
        return {}

    async def _do_in_teams(self, job: Job) -> dict[str, Exception]:
        errors: dict[str, Exception] = {}
        teams = self._server.teams
        for team in list(teams.values()):
            try:
                await _done(job, team)
            except Exception as error:
                if teams.get(team.name) is team:  # otherwise it was closed meanwhile
                    log.exception("the job %s has failed in team %s", job.name, team.name)
                    errors[team.name] = error
        return errors

    # -- what became of them -------------------------------------------------------------------------------------------

    def of(self, plugin: str) -> list[Record]:
        """The jobs of a plugin or feature."""
        return [record for record in self._records.values() if record.plugin == plugin]

    async def problems(self) -> list[Problem]:
        """Jobs whose last run has failed, or does not end."""
        return [problem for record in self._records.values() for problem in self._problems_of(record)]

    def _problems_of(self, record: Record) -> Iterable[Problem]:
        name = record.job.name
        for team, error in record.errors.items():
            if not team:
                yield Problem(self.name, f"The job {name} has failed: {_words(error)}")
            elif team in self._server.teams:
                yield Problem(self.name, f"The job {name} has failed in team {team}: {_words(error)}", team=team)
        if record.running_since is not None:
            spent = self._server.clock.steady() - record.running_since
            if spent > LONG:
                yield Problem(self.name, f"The job {name} has been running for {spent / 1000:.0f} s.")

    def facts(self) -> dict[str, Any]:
        """When each job has run last, how often, and how often in vain."""
        return {
            name: {
                "runs": record.runs,
                "failures": record.failures,
                "last_run": None if record.last_run is None else rfc3339(record.last_run),
            }
            for name, record in sorted(self._records.items())
            if record.runs
        }


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def _done(job: Job, subject: Any) -> None:
    with no_exit("job"):
        result = job.work(subject)
        if inspect.isawaitable(result):
            await result
