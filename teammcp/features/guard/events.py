"""The kinds of events that guard appends."""

from __future__ import annotations

EVENT_KINDS = {
    "loop.stopped": "agents were stopped because they seemed to loop",
    "loop.released": "agents that were stopped may go on",
    "usage.reported": "an agent reported what it has used",
    "budget.set": "a manager set what an agent may use in a day",
}
