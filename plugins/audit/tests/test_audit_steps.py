"""The tables over time of reports follow the calendar of whoever makes them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from teammcp_audit.reports.steps import DAY, HOUR, starts_of, step_of

from teammcp import read_time
from teammcp.testing import MovedClock, TestTeam


@pytest.mark.parametrize("zone_name", ["UTC", "Europe/Berlin", "Asia/Tokyo", "Asia/Kathmandu", "America/Santiago"])
@pytest.mark.parametrize("days", [0.3, 2, 7.3, 62, 90, 800, 3000])
def test_every_moment_stands_under_its_own_hour_day_week_or_month(zone_name: str, days: float) -> None:
    zone = ZoneInfo(zone_name)
    since = read_time("2027-02-23T05:46:00Z")
    until = since + int(days * DAY)
    starts = starts_of(since, until, zone)
    assert starts == sorted(set(starts))
    assert starts[0] == since
    assert starts[-1] < until
    assert len(starts) < 200
    names = {"hour": "%Y-%m-%d %H %z", "day": "%Y-%m-%d", "week": "%G-%V", "month": "%Y-%m"}
    form = names[step_of(since, until)]

    def name(moment: int) -> str:
        return datetime.fromtimestamp(moment / 1000, zone).strftime(form)

    for moment in range(since, until, max(HOUR // 7, (until - since) // 997)):
        assert name(moment) == name(starts[bisect_right(starts, moment) - 1]), moment


async def test_what_was_done_on_a_day_stands_under_that_day(team: TestTeam, clock: MovedClock) -> None:
    """The last week, from now on backwards, does not begin at midnight; its days do, where the manager lives."""
    boss = await team.agent("boss", kind="human", access="manager", time_zone="Asia/Tokyo")
    clock.advance(days=5, hours=4)  # 16:00 UTC: one in the morning of the 7th in Tokyo
    await boss.call("create_task", title="late on the sixth, early on the seventh")
    clock.advance(hours=9)
    report = await boss.call("generate_audit_report", report_type="efficiency")
    section = next(section for section in report.sections if section.name == "task_throughput")
    created = [row["step_at"] for row in section.dicts if row["created"]]
    assert created == [read_time("2026-01-06T15:00:00Z")]
    assert report.time_zone == "Asia/Tokyo"
    await boss.log_in()
    page = (await boss.http.get(f"/audit/reports/{report.id}")).text
    assert "7 Jan" in page
    assert "6 Jan" in page, "the day before has a bar of its own, with nothing in it"
