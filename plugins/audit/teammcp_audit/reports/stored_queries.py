"""The SQL of stored reports."""

from __future__ import annotations

import json
from typing import Any

from teammcp import LARGEST_ID, Reader, Transaction

from ..models import Report, ReportSummary, Section

_SUMMARY = (
    "id, report_type, visibility, project_id, since, until, created_by AS generated_by, created_at AS generated_at,"
    " findings AS finding_count"
)


def insert(tx: Transaction, report: Report) -> int:
    """Store a report; its id."""
    content = report.model_dump(include={"figures", "sections", "time_zone"})
    return tx.insert(
        "INSERT INTO audit_reports"
        " (report_type, visibility, project_id, since, until, findings, content, created_by, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            report.report_type,
            report.visibility,
            report.project_id,
            report.since,
            report.until,
            report.finding_count,
            json.dumps(content, ensure_ascii=False),
            report.generated_by,
            report.generated_at,
        ),
    )


def report(reader: Reader, report_id: int) -> Report | None:
    """One report, or None."""
    row = reader.one(f"SELECT {_SUMMARY}, content FROM audit_reports WHERE id = ?", (report_id,))  # noqa: S608
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    content = json.loads(values.pop("content"))
    sections = [Section(**section) for section in content["sections"]]
    zone = content.get("time_zone", "UTC")  # reports of earlier versions do not say
    return Report(**values, figures=content["figures"], sections=sections, time_zone=zone)


def summaries(
    reader: Reader,
    report_type: str | None,
    project_id: str | None,
    limit: int,
    before: int | None,
    public: bool,
) -> list[ReportSummary]:
    """Reports, newest first; ``public``: only those that every member may read."""
    given = {"report_type": report_type, "project_id": project_id, "visibility": "all" if public else None}
    wanted = {column: value for column, value in given.items() if value is not None}
    conditions = "".join(f" AND {column} = ?" for column in wanted)
    rows = reader.all(
        f"SELECT {_SUMMARY} FROM audit_reports WHERE id < ?{conditions} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (before or LARGEST_ID, *wanted.values(), limit),
    )
    return [ReportSummary(**dict(row)) for row in rows]


def exists(reader: Reader, report_type: str, since: int, until: int) -> bool:
    """Whether there is a report of that kind on that very period."""
    found = reader.value(
        "SELECT 1 FROM audit_reports WHERE report_type = ? AND since = ? AND until = ?", (report_type, since, until)
    )
    return found is not None


def delete(tx: Transaction, report_id: int) -> bool:
    """Delete a report; whether it was there."""
    return tx.execute("DELETE FROM audit_reports WHERE id = ?", (report_id,)) > 0
