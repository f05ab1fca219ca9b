"""What events of schedules say, and the memory of when the next one is due."""

from __future__ import annotations

from typing import Any

from ...arguments.fields import Timestamp
from ...events import EventData
from ...operations import Context
from ...server import StateKey
from ...storage import Transaction
from ...text.untrusted import Author, Words
from .models import Outcome, Schedule, Status


class ScheduleEvent(EventData):
    """Whose schedule, and how it stands. The text that it sends is not in it."""

    id: int
    channel: str
    created_by: Author
    status: Status
    next_run: Timestamp | None


class ScheduleCreated(ScheduleEvent, kind="schedule.created"):
    """A message was scheduled."""


class ScheduleFired(ScheduleEvent, kind="schedule.fired"):
    """A schedule sent its message."""

    outcome: Outcome
    due: Timestamp
    message_id: int = 0
    """Of the message; of one that a plugin makes wait there is none yet."""


class ScheduleSkipped(ScheduleEvent, kind="schedule.skipped"):
    """A schedule did not run because its time was long over."""

    outcome: Outcome
    due: Timestamp


class SchedulePaused(ScheduleEvent, kind="schedule.paused"):
    """A schedule was paused."""


class ScheduleResumed(ScheduleEvent, kind="schedule.resumed"):
    """A schedule goes on."""


class ScheduleSuspended(ScheduleEvent, kind="schedule.suspended"):
    """A schedule was suspended because its message cannot be sent."""

    reason: Words


class ScheduleCancelled(ScheduleEvent, kind="schedule.cancelled"):
    """A schedule was cancelled."""


class ScheduleEnded(ScheduleEvent, kind="schedule.ended"):
    """A schedule has done all its runs."""


EVENT_KINDS = (
    ScheduleCreated,
    ScheduleFired,
    ScheduleSkipped,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSuspended,
    ScheduleCancelled,
    ScheduleEnded,
)


def emit(context: Context, tx: Transaction, kind: type[ScheduleEvent], schedule: Schedule, **more: Any) -> None:
    """Append an event of a schedule.

    Of an open channel it is for everybody; what waits for a topic or a direct message is its creator's business alone.
    """
    channel = context.team.directory.channels.get(schedule.channel)
    is_open = channel is not None and channel.kind == "group"
    shown = {name: getattr(schedule, name) for name in ScheduleEvent.model_fields}
    context.emit(
        tx,
        kind(**shown, **more),
        schedule.id,
        channel=schedule.channel if is_open else None,
        agents=None if is_open else [schedule.created_by],
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
