"""What events of directives, and of agents' output, say."""

from __future__ import annotations

from ...events import EventData
from ...text.untrusted import Author
from .directives.models import Status
from .output.models import OutputKind


class DirectiveEvent(EventData):
    """Whose directive, and how it stands. Its texts are in the message, and in the directive itself."""

    id: int
    issuer: Author
    worker: Author
    status: Status
    attempts: int
    message_id: int


class DirectiveSent(DirectiveEvent, kind="directive.sent"):
    """A directive was sent to its worker."""


class DirectiveClaimed(DirectiveEvent, kind="directive.claimed"):
    """A worker began with a directive."""


class DirectiveRequeued(DirectiveEvent, kind="directive.requeued"):
    """A worker gave no sign of life: its directive waits for it again."""


class DirectiveDone(DirectiveEvent, kind="directive.done"):
    """A directive was done."""


class DirectiveFailed(DirectiveEvent, kind="directive.failed"):
    """A directive failed for good."""


class DirectiveCancelled(DirectiveEvent, kind="directive.cancelled"):
    """A directive was cancelled."""


class DirectiveExpired(DirectiveEvent, kind="directive.expired"):
    """A directive was not begun in time."""


class AgentOutput(EventData, kind="agent.output"):
    """An agent put something out; only its number is told."""

    seq: int
    kind: OutputKind


EVENT_KINDS = (
    DirectiveSent,
    DirectiveClaimed,
    DirectiveRequeued,
    DirectiveDone,
    DirectiveFailed,
    DirectiveCancelled,
    DirectiveExpired,
    AgentOutput,
)
