"""The report on what is unlike the rest: bursts, odd hours, repeated rejections, loops, failed logins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from teammcp import Context

from ..models import AuditSettings
from . import queries
from .findings import Findings
from .queries import Scope

TEMPERATURE = 5
"""Changes of a field within an hour beyond which it is hot."""
REJECTIONS = 3
"""Rejections of one member's proposals that are worth a look."""


async def anomaly(context: Context, scope: Scope) -> Findings:
    """Bursts, fields that change all the time, repeated rejections, people at odd hours, loops, failed logins."""
    found = Findings()
    settings: AuditSettings = context.settings("audit")
    bursts = await context.read(queries.bursts, scope, settings.burst)
    found.add("bursts", ("minute_at", "actor", "events"), bursts, finding=True)
    hot = await context.read(queries.hot_fields, scope, TEMPERATURE)
    found.add("hot_fields", ("hour_at", "project_id", "field", "changes"), hot, finding=True)
    rejections = await context.read(queries.repeated_rejections, scope, REJECTIONS)
    found.add("repeated_rejections", ("proposer", "rejections"), rejections, finding=True)
    hours = await context.read(queries.hours_of_people, scope)
    found.add("odd_hours", ("person", "events", "hours"), _at_odd_hours(settings, hours), finding=True)
    for name, prefix in (("loops", "loop."), ("failed_logins", "agent.login_failed")):
        events = await context.read(queries.of_kind, scope, prefix)
        found.add(name, ("at", "kind", "actor", "subject"), events, finding=True)
    return found


def _at_odd_hours(settings: AuditSettings, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """What people did outside their working day, by the clock of where they live."""
    events: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    for row in rows:
        hour = datetime.fromtimestamp(row["hour_at"] / 1000, ZoneInfo(row["time_zone"])).hour
        if not settings.day_begins <= hour < settings.day_ends:
            events[row["actor"]] += row["events"]
            hours[row["actor"]] += 1
    return [{"person": name, "events": count, "hours": hours[name]} for name, count in events.most_common()]
