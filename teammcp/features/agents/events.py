"""The kinds of events that agents appends."""

from __future__ import annotations

EVENT_KINDS = {
    "agent.registered": "a member was registered",
    "agent.updated": "a profile or access level was changed",
    "agent.key_rotated": "a member's key was replaced",
    "agent.retired": "a member was retired",
    "agent.online": "a member came here; `data` has its `status` and the `reason`",
    "agent.offline": "a member went `away`, or is `dead`: contact was lost; `data` has its `status` and the `reason`",
    "agent.status": "a member's status has changed while it is here, or while it is not; `data` as above",
    "agent.login_failed": "somebody came with a key that is not valid",
}
