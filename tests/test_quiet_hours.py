"""Quiet hours: what the clock on an agent's wall says, also in the nights in which that is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.arguments.quiet import ends_at, minutes, written

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"]
BERLIN = "Europe/Berlin"


def ms(text: str, zone: str = "UTC", fold: int = 0) -> int:
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(at.timestamp() * 1000)


def end(span: str, now: int, zone: str) -> str | None:
    """When quiet hours end, in UTC."""
    first_and_last = minutes(span)
    assert first_and_last is not None
    found = ends_at(*first_and_last, now, zone)
    return None if found is None else datetime.fromtimestamp(found / 1000, UTC).strftime("%d %H:%M")


@pytest.mark.parametrize(
    ("span", "now", "expected"),
    [
        ("22:00-07:00", ms("2026-07-01T23:00", BERLIN), "02 05:00"),
        ("22:00-07:00", ms("2026-07-02T06:59", BERLIN), "02 05:00"),
        ("22:00-07:00", ms("2026-07-02T07:00", BERLIN), None),
        ("12:00-13:00", ms("2026-07-02T12:00", BERLIN), "02 11:00"),
        ("22:00-02:30", ms("2026-03-29T01:00", BERLIN), "29 01:00"),  # 2:30 is left out: when it is 3:00
        ("22:00-02:30", ms("2026-10-25T02:10", BERLIN), "25 00:30"),
        ("22:00-02:30", ms("2026-10-25T02:10", BERLIN, fold=1), "25 01:30"),  # 2:30 for the second time
        ("22:00-02:30", ms("2026-10-25T02:40", BERLIN), None),
    ],
)
def test_they_end_when_the_clock_on_the_wall_says_so(span: str, now: int, expected: str | None) -> None:
    assert end(span, now, BERLIN) == expected


def changes_of(zone: str) -> list[datetime]:
    """The hours of three years at whose beginning the clock is set, or just 1 January."""
    hours = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(3 * 365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hours[at] for at in range(1, len(hours)) if offsets[at] != offsets[at - 1]] or hours[:1]


@st.composite
def times(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a time, near a change of its clock."""
    zone = draw(st.sampled_from(ZONES))
    return zone, draw(st.sampled_from(CHANGES[zone])) + timedelta(seconds=draw(st.integers(-90_000, 90_000)))


CHANGES = {zone: changes_of(zone) for zone in ZONES}


@given(
    place=times(),
    first=st.integers(0, 1439),
    last=st.integers(0, 1439),
)
def test_who_waits_for_their_end_looks_once_and_not_too_late(
    place: tuple[str, datetime], first: int, last: int
) -> None:
    zone, now = place
    at = round(now.timestamp() * 1000)
    if first == last or (found := ends_at(first, last, at, zone)) is None:
        return
    assert at < found <= at + timedelta(hours=26).total_seconds() * 1000
    assert ends_at(first, last, found, zone) is None
    assert ends_at(first, last, found - 1, zone) is not None


@pytest.mark.parametrize(
    "wrong", ["22:00", "22-7", "24:00-07:00", "22:00-22:00", "22:60-23:00", "-", "22:00-07:00-09:00", "22:00–7:00x"]
)
def test_what_is_no_part_of_a_day_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must"):
        minutes(wrong)


def test_they_are_written_in_one_way() -> None:
    for text in ("9:00-17:30", "09:00 - 17:30", "09:00–17:30"):
        found = minutes(text)
        assert found is not None
        assert written(*found) == "09:00-17:30"
