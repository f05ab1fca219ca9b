"""Reminders: of what is due, of progress to report, of work that stands still.

Each is given once, also across restarts: a reminder and the note that it was given are committed together.
"""

from __future__ import annotations

import logging
from typing import Annotated

from pydantic import Field

from ....clock import rfc3339
from ....operations import Context, Result, operation
from ....server import Team
from ....storage import Reader, Row, Transaction, Work
from ...agents import time_zones
from ...messages import quoted_line, send_notes
from .. import notifications, recipients
from ..settings import TaskSettings
from ..tasks import changes
from ..tasks.models import Id
from . import queries
from .occasions import HOUR, MINUTE, Kind, occasion

SECONDS = 30
Level = Annotated[int, Field(ge=0, le=9)]

log = logging.getLogger(__name__)


class Reminded(Result):
    """Who was reminded of a task; nobody, if there was no reason any more."""

    task_id: int
    recipients: list[str]


async def remind(team: Team) -> None:
    """Give every reminder that there is a reason for. One that cannot be given does not keep the others."""
    context = Context.inside(team)
    settings: TaskSettings = context.settings("tasks")
    for task_id, kind, level in await context.read(_candidates, context.now(), settings):
        arguments = {"task_id": task_id, "kind": kind, "level": level}
        try:
            await context.call("remind_of_task", **arguments)
        except Exception:
            log.exception("%s of task %s of team %s could not be called to mind", kind, task_id, team.name)


def _candidates(reader: Reader, now: int, settings: TaskSettings) -> list[tuple[int, Kind, int]]:
    """The task, kind and level of each reminder that is due and was not given."""
    found: list[tuple[int, Kind, int]] = []
    soon = queries.due(reader, "due_soon", now, now + settings.due_soon_hours * HOUR)
    found += [(row["id"], "due_soon", 0) for row in soon if occasion("due_soon", 0, row, now, "UTC", settings)]
    found += [(row["id"], "overdue", 0) for row in queries.due(reader, "overdue", 0, now)]
    for level, minutes in enumerate(settings.stuck_minutes):
        rows = queries.idle(reader, _name("stuck", level), now - minutes * MINUTE)
        found += [(row["id"], "stuck", level) for row in rows]
    zones = time_zones(reader)
    rows = queries.with_check_ins(reader, now)
    asked = [row for row in rows if _asks(row, now, zones.get(row["asked"], "UTC"), settings)]
    found += [(row["id"], "check_in", 0) for row in asked]
    return found


def _asks(row: Row, now: int, zone: str, settings: TaskSettings) -> bool:
    """Whether it is time for a check-in that was not yet."""
    try:
        mark = occasion("check_in", 0, row, now, zone, settings)
    except (ValueError, OSError, LookupError):
        log.exception("task %s has no check-ins: the time zone of who is asked is not known", row["id"])
        return False
    return mark is not None and mark > (row["last"] or 0)


@operation(internal=True, profile="tasks")
async def remind_of_task(context: Context, task_id: Id, kind: Kind, level: Level = 0) -> Work[Reminded]:
    """Remind somebody of a task that is due, stands still, or asks for a report."""
    row = await changes.visible_task(context, task_id)
    settings: TaskSettings = context.settings("tasks")
    asked = context.team.directory.agent(row["assignee"] or row["creator"])
    zone = "UTC" if asked is None else asked.time_zone
    mark = occasion(kind, level, row, context.now(), zone, settings)
    recipients = await _recipients(context, kind, level, row)
    text = _text(kind, level, row, settings)
    notes = await notifications.prepare(context, [(name, text) for name in recipients], row)

    def work(tx: Transaction) -> Reminded:
        now = changes.still_visible(context, tx, task_id)
        if mark is None or occasion(kind, level, now, context.now(), zone, settings) != mark:
            return Reminded(task_id=task_id, recipients=[])
        if not queries.remember(tx, task_id, _name(kind, level), mark, context.now()):
            return Reminded(task_id=task_id, recipients=[])
        send_notes(tx, notes)
        return Reminded(task_id=task_id, recipients=[note.recipient for note in notes])

    return work


async def _recipients(context: Context, kind: Kind, level: int, row: Row) -> list[str]:
    """Who has the task; if stuck for longer the superior or else the creator, then who is further up or managers."""
    if kind != "stuck" or level == 0:
        return recipients.responsible(context, row)
    superior = await recipients.above(context, row["assignee"], level, row)
    if superior is not None:
        return [superior]
    if level == 1 and recipients.reachable(context, row["creator"], row):
        return [row["creator"]]
    return recipients.managers(context, row)


def _name(kind: Kind, level: int) -> str:
    """What a reminder is remembered by."""
    return f"{kind}-{level}" if kind == "stuck" else kind


def _text(kind: Kind, level: int, row: Row, settings: TaskSettings) -> str:
    task = f"Task {row['id']} ({quoted_line(row['title'])})"
    if kind == "due_soon":
        return f"{task} is due at {rfc3339(row['due_at'])[:16]}Z."
    if kind == "overdue":
        return f"{task} is overdue: it was due at {rfc3339(row['due_at'])[:16]}Z."
    if kind == "check_in":
        return f"{task}: please report progress."
    who = row["assignee"] or "nobody"
    return f"{task}, with {who}, has been in doing for {settings.stuck_minutes[level]} minutes without a sign of work."
