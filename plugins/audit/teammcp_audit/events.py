"""The kinds of events that audit appends."""

from __future__ import annotations

EVENT_KINDS = {
    "audit.archived": "old events were written to an archive",
    "audit.report_generated": "a report was made",
    "audit.report_deleted": "a report was deleted",
}
