"""The kinds of events that knowledge appends."""

from __future__ import annotations

EVENT_KINDS = {
    "knowledge.posted": "somebody posted a finding, or one more member found the same",
    "knowledge.retracted": "a finding was retracted",
    "knowledge.revived": "a retracted finding holds again",
    "knowledge.profile_changed": "what a member wants to know of the shared state was changed",
    "knowledge.acknowledged": "a member acknowledged changes of the shared state",
    "memory.set": "a key of the team's memory was set",
    "memory.deleted": "a key of the team's memory was deleted",
}
