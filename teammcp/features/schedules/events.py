"""Events of schedules, and the memory of when the next one is due."""

from __future__ import annotations

from typing import Any

from ...operations import Context
from ...server import StateKey
from ...storage import Transaction
from .models import Schedule

KINDS = {
    "schedule.created": "a message was scheduled",
    "schedule.fired": "a schedule sent its message",
    "schedule.skipped": "a schedule did not run because its time was long over",
    "schedule.paused": "a schedule was paused",
    "schedule.resumed": "a schedule goes on",
    "schedule.suspended": "a schedule was suspended because its message cannot be sent",
    "schedule.cancelled": "a schedule was cancelled",
    "schedule.ended": "a schedule has done all its runs",
}


def tell(context: Context, tx: Transaction, kind: str, schedule: Schedule, **data: Any) -> None:
    """Append an event of a schedule, without the text that it sends.

    Of an open channel it is for everybody; what waits for a topic or a direct message is its creator's business alone.
    """
    channel = context.team.directory.channels.get(schedule.channel)
    is_open = channel is not None and channel.kind == "group"
    context.emit(
        tx,
        kind,
        schedule.id,
        channel=schedule.channel if is_open else None,
        agents=None if is_open else [schedule.created_by],
        data={
            **schedule.model_dump(mode="json", include={"id", "channel", "created_by", "status", "next_run"}),
            **data,
        },
    )
    tx.on_commit(lambda: context.team.state[AGENDA].forget())


class Agenda:
    """When a team's next schedule is due, so that nothing is asked of the database while nothing is.

    For the event loop only. It begins with a look, so that nothing is lost with it.
    """

    NEVER = 2**63 - 1

    def __init__(self) -> None:
        self._next = 0

    def is_due(self, now: int) -> bool:
        """Whether it is time to look into the database."""
        return self._next <= now

    def forget(self) -> None:
        """Something has changed: look again."""
        self._next = 0

    def begin(self) -> None:
        """The database is being looked into; what changes meanwhile is not lost by `note`."""
        self._next = self.NEVER

    def note(self, moment: int) -> None:
        """The next time to look is ``moment``, or earlier if that was noted."""
        self._next = min(self._next, moment)


AGENDA = StateKey("schedules.agenda", Agenda)
