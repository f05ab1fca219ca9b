"""Reminders: of what is due, of progress to report, of work that stands still.

Each is given once, also across restarts: a reminder and the note that it was given are committed together.
"""

from __future__ import annotations

from ....arguments.fields import Id
from ....clock import rfc3339
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ...messages import quoted_line, send_notes
from .. import notifications
from ..recipients import above, managers, reachable, responsible
from ..settings import TaskSettings
from ..tasks.lookup import still_visible, visible_task
from . import queries
from .models import Kind, Level, Reminded, name_of
from .occasions import occasion


@operation(internal=True, profile="tasks")
async def remind_of_task(context: Context, task_id: Id, kind: Kind, level: Level = 0) -> Work[Reminded]:
    """Remind somebody of a task that is due, stands still, or asks for a report."""
    row = await visible_task(context, task_id)
    settings: TaskSettings = context.settings("tasks")
    reporter = context.team.directory.agent(row["assignee"] or row["creator"])
    zone = "UTC" if reporter is None else reporter.time_zone
    mark = occasion(kind, level, row, context.now(), zone, settings)
    recipients = await _recipients(context, kind, level, row)
    text = _text(kind, level, row, settings)
    became = {"stuck": "stuck", "check_in": ""}.get(kind, "due")
    notes = await notifications.prepare(context, [(name, text) for name in recipients], row, occasion=became)

    def work(tx: Transaction) -> Reminded:
        now = still_visible(context, tx, task_id)
        if mark is None or occasion(kind, level, now, context.now(), zone, settings) != mark:
            return Reminded(task_id=task_id, recipients=[])
        if not queries.remember(tx, task_id, name_of(kind, level), mark, context.now()):
            return Reminded(task_id=task_id, recipients=[])
        send_notes(tx, notes)
        return Reminded(task_id=task_id, recipients=[note.recipient for note in notes])

    return work


async def _recipients(context: Context, kind: Kind, level: int, row: Row) -> list[str]:
    """Who has the task; if it is stuck for longer the superior or else the creator, then one further up or managers."""
    if kind != "stuck" or level == 0:
        return responsible(context, row)
    superior = await above(context, row["assignee"], level, row)
    if superior is not None:
        return [superior]
    if level == 1 and reachable(context, row["creator"], row):
        return [row["creator"]]
    return managers(context, row)


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


OPERATIONS = [remind_of_task]
