"""Which programs tell by hooks what their agents are doing, and what the events of each mean.

A program is a row of `PROGRAMS`: all else is the same for every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Moment(Enum):
    """A moment in a session of an agent's program."""

    BEGINS = auto()
    """The session begins, anew or again."""
    COMPACTED = auto()
    """The program tells of a beginning in the middle of a turn: it has shortened the conversation."""
    PROMPTED = auto()
    TOOL_USED = auto()
    TOOL_FAILED = auto()
    ASKS = auto()
    """It is about to ask its user whether it may use a tool."""
    FORBIDDEN = auto()
    """It goes on without a permission."""
    NOTIFIES = auto()
    """It calls its user; what for, its own word says (see `Program.notifications`)."""
    TURN_ENDS = auto()
    TURN_FAILED = auto()
    ENDS = auto()
    """The session ends."""
    LEFT = auto()
    """The session ends, and another one begins in the same program: the two may be told of in any order."""
    OTHER = auto()


class Notice(Enum):
    """What a program calls its user for."""

    PERMISSION = auto()
    QUESTION = auto()
    NO_PROMPT = auto()
    """It has waited for a prompt for a while: all that is said of a turn that its user has broken off."""
    OTHER = auto()


@dataclass(frozen=True)
class Program:
    """How one program names what happens.

    Attributes:
        name: in the address of its hooks: ``/api/hooks/claude``.
        title: for people.
        events: event -> the moment it tells of; others are none of ours.
        notifications: the kind of a notification -> what it is.
    """

    name: str
    title: str
    events: Mapping[str, Moment]
    notifications: Mapping[str, Notice]

    def moment(self, event: str, why: str) -> Moment:
        """The moment of an event; ``why`` is what has begun or ended the session, if that is what it tells of."""
        found = self.events.get(event, Moment.OTHER)
        return _ALTHOUGH.get((found, why), found)

    def notice(self, kind: str) -> Notice:
        """What a notification is about."""
        return self.notifications.get(kind, Notice.OTHER)


_ALTHOUGH = {(Moment.BEGINS, "compact"): Moment.COMPACTED, (Moment.ENDS, "clear"): Moment.LEFT}
"""Moments that are others than their event says."""

_CLAUDE = {
    "SessionStart": Moment.BEGINS,
    "UserPromptSubmit": Moment.PROMPTED,
    "PostToolUse": Moment.TOOL_USED,
    "PostToolUseFailure": Moment.TOOL_FAILED,
    "PermissionRequest": Moment.ASKS,
    "PermissionDenied": Moment.FORBIDDEN,
    "Notification": Moment.NOTIFIES,
    "Stop": Moment.TURN_ENDS,
    "StopFailure": Moment.TURN_FAILED,
    "SessionEnd": Moment.ENDS,
}
_NOTICES = {
    "permission_prompt": Notice.PERMISSION,
    "elicitation_dialog": Notice.QUESTION,
    "idle_prompt": Notice.NO_PROMPT,
}
_GEMINI = {
    "SessionStart": Moment.BEGINS,
    "BeforeAgent": Moment.PROMPTED,
    "AfterTool": Moment.TOOL_USED,
    "Notification": Moment.NOTIFIES,
    "AfterAgent": Moment.TURN_ENDS,
    "SessionEnd": Moment.ENDS,
}
_OPENCODE = {
    "session.created": Moment.BEGINS,
    "chat.message": Moment.PROMPTED,
    "tool.execute.after": Moment.TOOL_USED,
    "permission.asked": Moment.ASKS,
    "question.asked": Moment.NOTIFIES,
    "session.idle": Moment.NOTIFIES,
    "session.error": Moment.TURN_FAILED,
    "dispose": Moment.ENDS,
}
"""As its plugin names them: after opencode's own. A turn has ended when opencode says so, and cannot go on."""

PROGRAMS = (
    Program("claude", "Claude Code", _CLAUDE, _NOTICES),
    Program("codex", "Codex", _CLAUDE, _NOTICES),
    Program("qwen", "Qwen Code", _CLAUDE, _NOTICES),
    Program("gemini", "Gemini CLI", _GEMINI, {"ToolPermission": Notice.PERMISSION}),
    Program("opencode", "opencode", _OPENCODE, {"question": Notice.QUESTION, "idle": Notice.NO_PROMPT}),
)
