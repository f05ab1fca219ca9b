"""Public shapes of the audit, and the plugin's settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter, field_serializer

from teammcp import LARGEST_ID, AnyWords, Author, Line, Result, Timestamp, quote

EventId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
ReportType = Literal["compliance", "efficiency", "anomaly", "communication"]
Visibility = Literal["managers", "all"]
Surface = Literal["mcp", "rest", "page", "stream", "plugin"]
Kind = Annotated[Line, Field(max_length=64, pattern=r"^[a-z0-9_.*?]+$")]
"""A kind of events; ``*`` stands for any characters, as in ``task.*``."""
Word = Annotated[Line, Field(min_length=1, max_length=200)]

_TIMESTAMP: TypeAdapter[int] = TypeAdapter(Timestamp)

SHOWN = 20
"""Rows of a table in the compact text of a report."""
BLOCK = 1000
"""Events in a block, at most."""
KEPT_EVENTS = 10_000
"""The newest events, which are never pruned: a live stream may still resume from them."""
KEPT_MS = 24 * 3600 * 1000


class ScheduledReport(BaseModel):
    """A report that is made again and again, of the day or week that has just ended (UTC)."""

    model_config = ConfigDict(extra="forbid")

    report_type: ReportType
    every: Literal["day", "week"] = "week"
    visibility: Visibility = "managers"


class AuditSettings(BaseModel):
    """The table ``[plugins.audit]`` of the settings."""

    model_config = ConfigDict(extra="forbid")

    seal_minutes: int = Field(60, ge=1, le=1440, description="Minutes after which an event is sealed at the latest")
    keep_days: int = Field(0, ge=0, description="Days after which sealed events go to the archive; 0: never")
    archive: Path | None = Field(None, description="Folder of the archives; by default 'archive' beside the database")
    schedule: list[ScheduledReport] = Field(default_factory=list, description="Reports that are made by themselves")
    overdue_hours: int = Field(24, ge=1, description="Hours after which an acknowledgement is overdue")
    dormant_days: int = Field(30, ge=1, description="Days after which a key that nobody uses is dormant")
    burst: int = Field(120, ge=2, description="Changes by one member within a minute that make a burst")
    day_begins: int = Field(7, ge=0, le=23, description="The hour at which people's working day begins")
    day_ends: int = Field(21, ge=1, le=24, description="The hour at which it ends; later is an odd hour")


class Entry(Result):
    """One line of the change log. ``hidden``: it is about something that you may not read, so its data is left out."""

    id: int
    at: Timestamp
    kind: str
    actor: Author
    subject: str
    channel: str | None
    surface: str | None
    data: dict[str, AnyWords] | None
    hidden: bool = False

    def text(self) -> str:
        place = "" if self.channel is None else f" in {self.channel}"
        return f"{self.id} {self.model_dump(mode='json')['at']} {self.kind} {self.subject} by {self.actor}{place}"


class ChangeLog(Result):
    """Entries, newest first. ``next``: give it as ``before`` to look further back; null at the beginning of the log."""

    entries: list[Entry]
    next: int | None

    def text(self) -> str:
        more = [] if self.next is None else [f"more: before={self.next}"]
        return "\n".join([*(entry.text() for entry in self.entries), *more]) or "nothing found"


class Seal(Result):
    """One block of the event log, sealed. The hash proves every event in it and every seal before it."""

    number: int
    first_id: int
    last_id: int
    events: int
    hash: str
    previous: str
    sealed_at: Timestamp
    archived_to: str | None = None


class Seals(Result):
    """Seals, oldest first. ``unsealed``: how many ids are behind the last one."""

    seals: list[Seal]
    total: int
    unsealed: int


class Sealed(Result):
    """How many blocks were sealed; ``more``: there are events that can be sealed at once."""

    blocks: int
    more: bool


class Finding(Result):
    """Something that is not as it was sealed. ``event_id``: the event, or the first of several in a row."""

    what: Literal["altered", "missing", "inserted", "moved", "seal"]
    seal: int
    event_id: int | None = None
    detail: str

    def text(self) -> str:
        return self.detail


class Verification(Result):
    """What a look at the whole chain has found; nothing if all is as it was sealed."""

    ok: bool
    findings: list[Finding]
    seals: int
    events: int = Field(description="Sealed events that were looked at …")
    sealed: int = Field(description="… of how many there are")
    unsealed: int = Field(description="Events younger than the last seal: nothing proves them yet")
    not_checked: list[str] = Field(default_factory=list, description="Archives that are not where they were put")
    last_hash: str

    def text(self) -> str:
        found = "1 finding" if len(self.findings) == 1 else f"{len(self.findings)} findings"
        whole = "the log is as it was sealed" if self.events == self.sealed else "what was checked is as it was sealed"
        verdict = whole if self.ok else found
        checked = f"{self.events} events" if self.events == self.sealed else f"{self.events} of {self.sealed} events"
        counts = f"{self.seals} seals, {checked} checked, {self.unsealed} not sealed yet"
        archives = [f"archived, not checked: {name}" for name in self.not_checked]
        return "\n".join([f"{verdict}: {counts}", *(item.text() for item in self.findings), *archives])


class Archived(Result):
    """An archive that was written; null if no block is old enough. ``more``: another one can be written."""

    name: str | None
    events: int = 0
    more: bool = False


class Pruned(Result):
    """How many events were taken out of the log, all of them archived. ``more``: there are others."""

    events: int
    more: bool


class Section(Result):
    """One table of a report. Columns that end in ``_ms`` hold milliseconds, those that end in ``at`` moments."""

    name: str
    columns: list[str]
    rows: list[list[AnyWords]]
    is_finding: bool = False
    """Whether each row is something to look into."""

    @field_serializer("rows", when_used="json")
    def _moments(self, rows: list[list[Any]]) -> list[list[Any]]:
        moments = [name.endswith("at") for name in self.columns]
        return [[_moment(value) if is_at else value for is_at, value in zip(moments, row, strict=True)] for row in rows]

    @property
    def dicts(self) -> list[dict[str, Any]]:
        """The rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def _moment(value: int | None) -> str | None:
    return None if value is None else _TIMESTAMP.dump_python(value, mode="json")


class ReportSummary(Result):
    """A report without its tables. ``figures`` that end in ``_ms`` are milliseconds."""

    id: int
    report_type: ReportType
    visibility: Visibility
    project_id: str | None
    since: Timestamp
    until: Timestamp
    generated_by: str
    generated_at: Timestamp
    finding_count: int

    def text(self) -> str:
        times = self.model_dump(mode="json", include={"since", "until"})
        period = f"{times['since'][:16]} to {times['until'][:16]}"
        return f"report {self.id}: {self.report_type}, {period}, {self.finding_count} findings"


class Report(ReportSummary):
    """A report on what the team did from ``since`` up to ``until``."""

    figures: dict[str, int | float | None]
    sections: list[Section]
    time_zone: str = "UTC"
    """Whose days and weeks the tables over time have: where its maker lives."""

    def text(self) -> str:
        lines = [super().text(), *(f"{name}: {value}" for name, value in self.figures.items())]
        for section in self.sections:
            lines.append(f"{section.name} ({len(section.rows)}): {', '.join(section.columns)}")
            lines += [
                f"  {quote(json.dumps(row, ensure_ascii=False))}"
                for row in section.model_dump(mode="json")["rows"][:SHOWN]
            ]
        return "\n".join(lines)


class ReportList(RootModel[list[ReportSummary]]):
    """Reports, newest first."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(item.text() for item in self.root) or "no reports"


class DeletedReport(Result):
    """The report is gone."""

    id: int
    deleted: bool = True
