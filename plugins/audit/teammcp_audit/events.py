"""What events of the audit say."""

from __future__ import annotations

from teammcp import EventData

from .models import ReportSummary


class EventsArchived(EventData, kind="audit.archived"):
    """Old events were written to an archive."""

    name: str
    first_id: int
    last_id: int
    events: int
    sha256: str


class ReportGenerated(EventData, ReportSummary, kind="audit.report_generated"):
    """A report was made."""


class ReportDeleted(EventData, kind="audit.report_deleted"):
    """A report was deleted."""


EVENT_KINDS = (EventsArchived, ReportGenerated, ReportDeleted)
