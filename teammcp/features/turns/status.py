"""What the events of agents' programs say of what their agents are doing."""

from __future__ import annotations

from dataclasses import dataclass

from ...members.presence import Doing, Presence, Reason

KNOWN_BETTER: dict[Doing, set[str]] = {"waiting": {"waiting"}, "idle": {"idle", "blocked"}}
"""What a notification says -> the statuses that another event has given already, with a better reason."""


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What a program tells with an event, beside the event's name; each is empty if it does not.

    Attributes:
        tool: the tool that was used, or is to be permitted.
        notification: the kind of a notification to the program's user.
        error: why a turn has failed.
        source: what has begun the session.
    """

    tool: str = ""
    notification: str = ""
    error: str = ""
    source: str = ""


def note(presence: Presence, name: str, event: str, details: EventDetails) -> None:
    """Let an agent's status follow an event of its program; most events say nothing of it."""
    if event == "SessionEnd":
        presence.leave(name, Reason("its session ended"))
        return
    found = _doing(event, details)
    if found is None:
        return
    if event == "Notification" and presence.status_of(name).status in KNOWN_BETTER[found[0]]:
        return
    presence.set_status(name, *found)


def _doing(event: str, details: EventDetails) -> tuple[Doing, Reason] | None:
    match event:
        case "SessionStart" if details.source != "compact":  # that one comes in the middle of a turn
            return "idle", Reason("its session began")
        case "UserPromptSubmit":
            return "busy", Reason("prompt submitted")
        case "PostToolUse" | "PostToolUseFailure":
            return "busy", Reason("used %(about)s", details.tool) if details.tool else Reason("used a tool")
        case "PermissionDenied":
            return "busy", Reason("goes on without a permission")
        case "PermissionRequest":
            asked = (
                Reason("permission prompt: %(about)s", details.tool) if details.tool else Reason("permission prompt")
            )
            return "waiting", asked
        case "Notification":
            return _notified(details.notification)
        case "Stop":
            return "idle", Reason("its turn ended")
        case "StopFailure":
            failed = Reason("its turn failed: %(about)s", details.error) if details.error else Reason("its turn failed")
            return "blocked", failed
    return None


def _notified(kind: str) -> tuple[Doing, Reason] | None:
    match kind:
        case "permission_prompt":
            return "waiting", Reason("permission prompt")
        case "elicitation_dialog":
            return "waiting", Reason("a question to its user")
        case "idle_prompt":  # all that is said of a turn that its user has broken off
            return "idle", Reason("waits for a prompt")
    return None
