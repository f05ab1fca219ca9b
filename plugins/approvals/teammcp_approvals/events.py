"""What events of approvals say."""

from __future__ import annotations

from typing import Literal

from teammcp import Author, EventData, Timestamp, Words

from .models import Kind, Status
from .settings import PermissionRule, Rule


class ApprovalEvent(EventData):
    """What is asked for, of whom, and how it stands; values are for those who may look."""

    approval_id: int
    kind: Kind
    operation: str | None
    proposed_by: Author
    approver: str
    """Who has to agree, in words."""
    status: Status
    project_id: str | None = None
    """Of a field of the shared state."""
    field: str | None = None


class EndedApproval(ApprovalEvent):
    """How it has ended."""

    comment: Words = ""
    error: Words = ""


class ApprovalRequested(ApprovalEvent, kind="approval.requested"):
    """Somebody's consent is asked for."""


class ApprovalDecided(ApprovalEvent, kind="approval.decided"):
    """Somebody said yes or no."""

    approved: bool
    by: str
    comment: Words
    on_behalf_of: str = ""
    self_approved: bool = False


class ApprovalApproved(EndedApproval, kind="approval.approved"):
    """Enough have agreed, and it was done."""


class ApprovalRejected(EndedApproval, kind="approval.rejected"):
    """It was rejected."""


class ApprovalCancelled(EndedApproval, kind="approval.cancelled"):
    """Its proposer took it back."""


class ApprovalExpired(EndedApproval, kind="approval.expired"):
    """Nobody decided in time."""


class ApprovalFailed(EndedApproval, kind="approval.failed"):
    """It was approved, and could not be done."""


class ApprovalNeedsConfirmation(EndedApproval, kind="approval.needs_confirmation"):
    """Its field has moved, so that its proposer has to confirm."""


class ApprovalConfirmed(ApprovalEvent, kind="approval.confirmed"):
    """Its proposer asked again, for the field as it is now."""


class PermissionDecided(ApprovalEvent, kind="approval.permission_decided"):
    """An agent's tool was allowed or denied."""

    tool_name: Words
    behavior: Literal["allow", "deny"]
    source: str
    """What decided: a ``rule``, ``dangerous``, a ``person``, or the status of a question that nobody has decided."""
    reason: Words


class RuleEvent(EventData):
    """Which rule."""

    rule: Rule | PermissionRule


class RuleAdded(RuleEvent, kind="approval.rule_added"):
    """A rule was made by which something waits, or is allowed or denied."""


class RuleDeleted(RuleEvent, kind="approval.rule_deleted"):
    """Such a rule was deleted."""


class ApprovalDelegated(ApprovalEvent, kind="approval.delegated"):
    """An approver lets somebody else decide."""

    by: str
    to: str


class DelegationChanged(EventData, kind="approval.delegation_changed"):
    """A member's approvals are decided by somebody else for a while, or no longer."""

    delegate: str | None
    until: Timestamp | None = None


EVENT_KINDS = (
    ApprovalRequested,
    ApprovalDecided,
    ApprovalApproved,
    ApprovalRejected,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalFailed,
    ApprovalNeedsConfirmation,
    ApprovalConfirmed,
    PermissionDecided,
    RuleAdded,
    RuleDeleted,
    ApprovalDelegated,
    DelegationChanged,
)
