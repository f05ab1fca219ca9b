"""The report on what is unlike the rest: bursts, odd hours, repeated rejections, loops, failed logins."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from teammcp import Context

from ..models import AuditSettings
from . import queries
from .findings import Findings
from .queries import LISTED, Scope, chunks

Moment = tuple[int, str]
"""The beginning of a minute or an hour, and the member."""

TEMPERATURE = 5
"""Changes of a field within an hour beyond which it is hot."""
REJECTIONS = 3
"""Rejections of one member's proposals that are worth a look."""


async def anomaly(context: Context, scope: Scope) -> Findings:
    """Bursts, fields that change all the time, repeated rejections, people at odd hours, loops, failed logins."""
    found = Findings()
    settings: AuditSettings = context.settings("audit")
    bursts, hours = await _activity(context, scope, settings.burst)
    found.add("bursts", ("minute_at", "actor", "events"), bursts, finding=True)
    hot = await context.read(queries.hot_fields, scope, TEMPERATURE)
    found.add("hot_fields", ("hour_at", "project_id", "field", "changes"), hot, finding=True)
    rejections = await context.read(queries.repeated_rejections, scope, REJECTIONS)
    found.add("repeated_rejections", ("proposer", "rejections"), rejections, finding=True)
    zones = await context.read(queries.time_zones)
    found.add("odd_hours", ("person", "events", "hours"), _at_odd_hours(settings, hours, zones), finding=True)
    for name, prefix in (("loops", "loop."), ("failed_logins", "agent.login_failed")):
        events = await context.read(queries.of_kind, scope, prefix)
        found.add(name, ("at", "kind", "actor", "subject"), events, finding=True)
    return found


async def _activity(context: Context, scope: Scope, least: int) -> tuple[list[dict[str, Any]], Counter[Moment]]:
    """The minutes in which a member did at least that many things, and how much each person did in which hour."""
    minutes, hours = Counter[Moment](), Counter[Moment]()
    for ids in chunks(scope.events):
        for row in await context.read(queries.busy_minutes, ids, least):
            minutes[row["minute_at"], row["actor"]] += row["events"]
        for row in await context.read(queries.hours_of_people, ids):
            hours[row["hour_at"], row["actor"]] += row["events"]
    bursts = [(moment, count) for moment, count in minutes.items() if count >= least]
    bursts.sort(key=lambda burst: (-burst[1], -burst[0][0], burst[0][1]))
    rows = [{"minute_at": at, "actor": actor, "events": count} for (at, actor), count in bursts[:LISTED]]
    return rows, hours


def _at_odd_hours(settings: AuditSettings, active: Counter[Moment], zones: dict[str, str]) -> list[dict[str, Any]]:
    """What people did outside their working day, by the clock of where they live."""
    events, hours = Counter[str](), Counter[str]()
    for (at, person), count in active.items():
        hour = datetime.fromtimestamp(at / 1000, ZoneInfo(zones[person])).hour
        if not settings.day_begins <= hour < settings.day_ends:
            events[person] += count
            hours[person] += 1
    return [{"person": name, "events": count, "hours": hours[name]} for name, count in events.most_common()]
