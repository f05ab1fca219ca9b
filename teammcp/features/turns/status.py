"""What the events of agents' programs say of what their agents are doing."""

from __future__ import annotations

from dataclasses import dataclass

from ...members.presence import Doing, Presence, Reason
from .moments import Moment, Notice

KNOWN_BETTER: dict[Doing, set[str]] = {"waiting": {"waiting"}, "idle": {"idle", "blocked"}}
"""What a notification says -> the statuses that another event has given already, with a better reason."""


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What a program tells with an event, beside the event's name; each is empty if it does not.

    Attributes:
        tool: the tool that was used, or is to be permitted.
        notice: what the program's user is called for.
        error: why a turn has failed.
        source: what has begun the session.
    """

    tool: str = ""
    notice: Notice = Notice.OTHER
    error: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What an agent's program tells of.

    Attributes:
        name: its own word for it.
        moment: what that means.
    """

    name: str
    moment: Moment
    details: EventDetails


def note(presence: Presence, name: str, event: Event) -> None:
    """Let an agent's status follow an event of its program; some events say nothing of it."""
    if event.moment is Moment.ENDS:
        presence.leave(name, Reason("its session ended"))
        return
    found = _doing(event.moment, event.details)
    if found is None:
        return
    if event.moment is Moment.NOTIFIES and presence.status_of(name).status in KNOWN_BETTER[found[0]]:
        return
    presence.set_status(name, *found)


def _doing(moment: Moment, details: EventDetails) -> tuple[Doing, Reason] | None:
    match moment:
        case Moment.BEGINS:
            return "idle", Reason("its session began")
        case Moment.PROMPTED:
            return "busy", Reason("prompt submitted")
        case Moment.TOOL_USED | Moment.TOOL_FAILED:
            return "busy", Reason("used %(about)s", details.tool) if details.tool else Reason("used a tool")
        case Moment.FORBIDDEN:
            return "busy", Reason("goes on without a permission")
        case Moment.ASKS:
            asked = (
                Reason("permission prompt: %(about)s", details.tool) if details.tool else Reason("permission prompt")
            )
            return "waiting", asked
        case Moment.NOTIFIES:
            return _notified(details.notice)
        case Moment.TURN_ENDS:
            return "idle", Reason("its turn ended")
        case Moment.TURN_FAILED:
            failed = Reason("its turn failed: %(about)s", details.error) if details.error else Reason("its turn failed")
            return "blocked", failed
    return None


def _notified(notice: Notice) -> tuple[Doing, Reason] | None:
    match notice:
        case Notice.PERMISSION:
            return "waiting", Reason("permission prompt")
        case Notice.QUESTION:
            return "waiting", Reason("a question to its user")
        case Notice.NO_PROMPT:
            return "idle", Reason("waits for a prompt")
    return None
