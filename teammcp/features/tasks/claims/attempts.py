"""An attempt at a task that came to nothing: back to the queue, or after the last one failed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....operations import Context
from ....storage import Row, Transaction
from ...messages import Note, quoted_line, send_notes
from .. import notification_texts, notifications, recipients
from ..tasks import changes, leases
from ..tasks.events import TaskFailed, TaskRequeued
from .models import Progress


@dataclass(frozen=True)
class Failure:
    """What becomes of the task, and who is told."""

    final: bool
    notes: list[Note]


async def prepare(context: Context, row: Row, why: str, *, tell_holder: bool = False) -> Failure:
    """Decide about a task whose holder gives up, or is given up: then ``tell_holder``.

    The creator hears of the last failure, and so does the creator's superior, or else the managers.
    """
    attempt = row["attempts"] + 1
    final = attempt >= row["max_attempts"]
    title = quoted_line(row["title"])
    task = f"task {row['id']} ({title})"
    count = f"attempt {attempt} of {row['max_attempts']}"
    texts: list[tuple[str | None, str]] = []
    if tell_holder:
        outcome = "It has failed for good." if final else "It is back in the queue."
        texts.append((row["lease_agent"], f"Your claim of {task} is over: {why}. {outcome} That was {count}."))
    if final:
        superior = await recipients.above(context, row["creator"], 1, row)
        reason = notification_texts.quoted_excerpt(why or "no reason given")
        text = f"Task {row['id']} ({title}) of {row['lease_agent']} has failed for good in {count}: {reason}"
        names = [row["creator"], *([superior] if superior is not None else recipients.managers(context, row))]
        texts += [(name, text) for name in names]
    return Failure(final, await notifications.prepare(context, texts, row, occasion="ended" if final else ""))


def run(context: Context, tx: Transaction, row: Row, failure: Failure, comment: str) -> Progress:
    """Carry out what was decided, in the transaction."""
    new: dict[str, Any] = {"attempts": row["attempts"] + 1}
    new |= {"status": "failed", **leases.ENDED} if failure.final else leases.given_back(context.team, row)
    if failure.final:
        changes.apply(context, tx, row, new, action="failed", kind=TaskFailed, comment=comment)
    else:
        changes.apply(context, tx, row, new, action="requeued", kind=TaskRequeued, comment=comment)
    send_notes(tx, failure.notes)
    return Progress(
        ok=True, task_id=row["id"], status=new["status"], requeued=not failure.final, attempts=new["attempts"]
    )
