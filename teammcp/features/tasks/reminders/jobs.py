"""The job that looks for reminders that are due."""

from __future__ import annotations

import logging

from ....operations import Context
from ....server import Team
from ....server.jobs import Job
from ....storage import Reader, Row
from ...agents import time_zones
from ..settings import TaskSettings
from . import queries
from .models import Kind, name_of
from .occasions import HOUR, MINUTE, occasion
from .operations import remind_of_task

log = logging.getLogger(__name__)


async def remind(team: Team) -> None:
    """Give every reminder for which there is a reason. One that cannot be given does not keep the others."""
    context = Context.inside(team)
    settings: TaskSettings = context.settings("tasks")
    for task_id, kind, level in await context.read(_candidates, context.now(), settings):
        try:
            await context.call(remind_of_task, task_id=task_id, kind=kind, level=level)
        except Exception:
            log.exception("%s of task %s of team %s could not be called to mind", kind, task_id, team.name)


def _candidates(reader: Reader, now: int, settings: TaskSettings) -> list[tuple[int, Kind, int]]:
    """The task, kind and level of each reminder that is due and was not given."""
    candidates: list[tuple[int, Kind, int]] = []
    soon = queries.due(reader, "due_soon", now, now + settings.due_soon_hours * HOUR)
    candidates += [(row["id"], "due_soon", 0) for row in soon if occasion("due_soon", 0, row, now, "UTC", settings)]
    candidates += [(row["id"], "overdue", 0) for row in queries.due(reader, "overdue", 0, now)]
    for level, minutes in enumerate(settings.stuck_minutes):
        rows = queries.idle(reader, name_of("stuck", level), now - minutes * MINUTE)
        candidates += [(row["id"], "stuck", level) for row in rows]
    zones = time_zones(reader)
    rows = queries.with_check_ins(reader, now)
    asked = [row for row in rows if _asks(row, now, zones.get(row["asked"], "UTC"), settings)]
    candidates += [(row["id"], "check_in", 0) for row in asked]
    return candidates


def _asks(row: Row, now: int, zone: str, settings: TaskSettings) -> bool:
    """Whether it is time for a check-in that was not yet."""
    try:
        mark = occasion("check_in", 0, row, now, zone, settings)
    except (ValueError, OSError, LookupError):
        log.exception("task %s has no check-ins: the time zone of who is asked is not known", row["id"])
        return False
    return mark is not None and mark > (row["last"] or 0)


JOBS = [Job("tasks.remind", remind, every=30, per_team=True)]
