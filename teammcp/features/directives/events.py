"""The kinds of events that directives appends."""

from __future__ import annotations

EVENT_KINDS = {
    "directive.sent": "a directive was sent to its worker",
    "directive.claimed": "a worker began with a directive",
    "directive.requeued": "a worker gave no sign of life: its directive waits for it again",
    "directive.done": "a directive was done",
    "directive.failed": "a directive failed for good",
    "directive.cancelled": "a directive was cancelled",
    "directive.expired": "a directive was not begun in time",
    "agent.output": "an agent put something out; only its number is told",
}
