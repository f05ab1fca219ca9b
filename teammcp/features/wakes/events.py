"""What events of waking say."""

from __future__ import annotations

from ...events import EventData
from ...text.untrusted import Words
from .models import Way


class WakeRung(EventData, kind="wake.rung"):
    """A line was given to the helper beside an agent's idle program; ``message_id`` is the newest that waits, 0 if
    that was a trial. Only the agent sees it: what waits for it may be nobody else's business."""

    session: str
    way: Way
    number: str
    message_id: int


class WakeTried(EventData, kind="wake.tried"):
    """Somebody has asked to see whether an agent's idle program can be rung."""

    session: str
    number: str


class WakeFailed(EventData, kind="wake.failed"):
    """An agent's program was rung in vain, and its senders were told; ``why`` is the likely reason."""

    rings: int
    why: Words


class WakeSet(EventData, kind="wake.set"):
    """It was set whether an agent's idle program is woken, and when not."""

    woken: bool
    quiet: str


EVENT_KINDS = (WakeRung, WakeTried, WakeFailed, WakeSet)
