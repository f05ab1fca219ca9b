"""Approvals as kinds of what members are notified of."""

from __future__ import annotations

from teammcp import Context, Event, Occasion, Reader, ServerNoteKind
from teammcp.web import mark, mark_many

from .requests import queries


class DecidedApprovals(ServerNoteKind):
    """What has become of what somebody proposed."""

    name = "approval_decided"
    title = mark("what has become of what you proposed")
    about = "approval_id"
    page = "/approvals/{}"
    many = mark_many("%(num)s of your proposals was decided", "%(num)s of your proposals were decided")


class WaitingApprovals(DecidedApprovals):
    """Questions to those who may decide them, as long as nobody has."""

    name = "approval"
    title = mark("questions for your approval")
    replaces = True
    many = mark_many("%(num)s question waits for your approval", "%(num)s questions wait for your approval")

    def concerns(self, event: Event, agent: str) -> bool:
        return bool(super().concerns(event, agent) and event.data["ack_required"])

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        approval = queries.approval(reader, self.number(occasion))
        return approval is None or approval["closed_at"] is not None


KINDS = (WaitingApprovals(), DecidedApprovals())
"""In the order in which they are asked."""
