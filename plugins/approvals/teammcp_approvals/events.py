"""The kinds of events that approvals appends."""

from __future__ import annotations

EVENT_KINDS = {
    "approval.requested": "somebody's consent is asked for",
    "approval.decided": "somebody said yes or no",
    "approval.approved": "enough have agreed, and it was done",
    "approval.rejected": "it was rejected",
    "approval.cancelled": "its proposer took it back",
    "approval.expired": "nobody decided in time",
    "approval.failed": "it was approved, and could not be done",
    "approval.needs_confirmation": "its field has moved, so that its proposer has to confirm",
    "approval.confirmed": "its proposer asked again, for the field as it is now",
    "approval.permission_decided": "an agent's tool was allowed or denied",
    "approval.rule_added": "a rule was made by which something waits, or is allowed or denied",
    "approval.rule_deleted": "such a rule was deleted",
    "approval.delegated": "an approver lets somebody else decide",
    "approval.delegation_changed": "a member's approvals are decided by somebody else for a while, or no longer",
}
