"""When schedules run: cron expressions, intervals and single moments, in all time zones; and how that is said."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teammcp.arguments.times import read_time
from teammcp.features.schedules.descriptions import describe
from teammcp.features.schedules.timing import MINUTE, Every, Kind, Once, Timing, kind_of, parse_rule
from teammcp.server.cron import Cron, parse_cron

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
PATIENT = settings(deadline=None)
"""A busy machine is no fault."""
START = 1_767_268_800_000
"""2026-01-01T12:00:00Z"""
DAY = 1440 * MINUTE


def ms(text: str, zone: ZoneInfo = BERLIN) -> int:
    return read_time(text, zone)


def runs(expression: str, start: str, number: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """The next runs after ``start``, in local time with its offset."""
    timing = Timing(parse_cron(expression), zone)
    found = timing.runs_after(ms(start, zone), number)
    return [datetime.fromtimestamp(moment / 1000, zone).isoformat(timespec="minutes") for moment in found]


def days(expression: str, start: str, number: int) -> list[str]:
    """The days of the next runs: ``Sun 8``."""
    return [f"{datetime.fromisoformat(text):%a %-d}" for text in runs(expression, start, number)]


# -- cron ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [
        ("0", ["Sun 8", "Sun 15"]),
        ("7", ["Sun 8", "Sun 15"]),
        ("sun", ["Sun 8", "Sun 15"]),
        ("1", ["Mon 2", "Mon 9"]),
        ("6", ["Sat 7", "Sat 14"]),
        ("MON-FRI", ["Mon 2", "Tue 3", "Wed 4", "Thu 5", "Fri 6", "Mon 9"]),
        ("1-5", ["Mon 2", "Tue 3", "Wed 4", "Thu 5", "Fri 6", "Mon 9"]),
        ("5-7", ["Fri 6", "Sat 7", "Sun 8", "Fri 13"]),
        ("sat-sun", ["Sat 7", "Sun 8", "Sat 14"]),
        ("fri-mon", ["Mon 2", "Fri 6", "Sat 7", "Sun 8", "Mon 9"]),
        ("0-2", ["Mon 2", "Tue 3", "Sun 8", "Mon 9"]),
        ("*/2", ["Tue 3", "Thu 5", "Sat 7", "Sun 8"]),
        ("mon,3", ["Mon 2", "Wed 4", "Mon 9"]),
    ],
)
def test_days_of_the_week_are_crons(weekdays: str, expected: list[str]) -> None:
    assert days(f"0 9 * * {weekdays}", "2026-03-01T12:00", len(expected)) == expected


def test_of_two_day_fields_one_is_enough() -> None:
    assert days("0 9 13 * 5", "2026-02-28", 5) == ["Fri 6", "Fri 13", "Fri 20", "Fri 27", "Fri 3"]
    assert days("0 9 1,15 * mon", "2026-02-28", 4) == ["Sun 1", "Mon 2", "Mon 9", "Sun 15"]
    assert days("0 9 30 2 mon", "2026-02-01", 4) == ["Mon 2", "Mon 9", "Mon 16", "Mon 23"]


def test_unless_one_of_them_begins_with_a_star() -> None:
    assert days("0 9 */2 * mon", "2026-03-01", 2) == ["Mon 9", "Mon 23"]
    assert days("0 9 13 * *", "2026-03-01", 2) == ["Fri 13", "Mon 13"]


def test_rare_days_are_found() -> None:
    assert runs("0 0 29 2 *", "2026-03-01", 2) == ["2028-02-29T00:00+01:00", "2032-02-29T00:00+01:00"]
    assert runs("0 0 31 * *", "2026-03-31T01:00", 2) == ["2026-05-31T00:00+02:00", "2026-07-31T00:00+02:00"]


@pytest.mark.parametrize(
    ("alias", "expression"),
    [("@hourly", "0 * * * *"), ("@Daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
     ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *")],
)  # fmt: skip
def test_names(alias: str, expression: str) -> None:
    assert parse_cron(f" {alias} ") == parse_cron(expression)
    assert parse_cron(alias).text == expression


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("60 * * * *", "minute '60'"),
        ("-1 * * * *", "minute '-1'"),
        ("*/0 * * * *", "step '/0'"),
        ("*/60 * * * *", "step '/60'"),
        ("30-10 * * * *", "begins behind its end"),
        ("1,,2 * * * *", "minute ''"),
        ("1.5 * * * *", "minute '1.5'"),
        ("* 24 * * *", "hour '24'"),
        ("* nine * * *", "hour 'nine'"),
        ("* * 0 * *", "day of the month '0'"),
        ("* * L * *", "day of the month 'L'"),
        ("* * last * *", "day of the month 'last'"),
        ("* * 31 apr,jun *", "no month of those has a day 31"),
        ("* * * 13 *", "month '13'"),
        ("* * * january *", "month 'january'"),
        ("* * * * 8", "day of the week '8'"),
        ("* * * * monday", "day of the week 'monday'"),
        ("* * * * fri#2", "day of the week 'fri#2'"),
        ("* * * *", "five fields"),
        ("* * * * * *", "five fields"),
        ("@reboot", "'@reboot' is not known"),
        ("٣ * * * *", "minute '٣'"),
    ],
)
def test_what_is_wrong_with_an_expression_is_said(expression: str, field: str) -> None:
    with pytest.raises(ValueError, match=re.escape(field)):
        parse_cron(expression)


@PATIENT
@given(st.text(alphabet="0123456789*/,-@ monfrisu", max_size=30))
def test_no_expression_is_more_than_wrong(text: str) -> None:
    try:
        cron = parse_cron(text)
    except ValueError:
        return
    assert cron.next_after(START, BERLIN) is not None


# -- changes of clocks -----------------------------------------------------------------------------------------------


def test_a_time_that_spring_leaves_out_comes_as_much_later() -> None:
    assert runs("30 2 * * *", "2026-03-28T12:00", 2) == ["2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"]
    assert runs("0 2,3 * * *", "2026-03-29", 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"]
    assert runs("0 9 * * *", "2026-03-28T00:00", 2) == ["2026-03-28T09:00+01:00", "2026-03-29T09:00+02:00"]


def test_a_time_that_autumn_brings_twice_comes_once() -> None:
    assert runs("30 2 * * *", "2026-10-24T12:00", 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    assert runs("30 1-3 * * *", "2026-10-25", 3) == [
        "2026-10-25T01:30+02:00",
        "2026-10-25T02:30+02:00",
        "2026-10-25T03:30+01:00",
    ]


def test_what_runs_in_every_hour_runs_in_both() -> None:
    assert runs("0 * * * *", "2026-10-25T01:30", 3) == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T03:00+01:00",
    ]
    assert runs("0 * * * *", "2026-03-29T01:30", 2) == ["2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"]


def test_days_keep_their_time_and_hours_their_length() -> None:
    first = ms("2026-03-28T09:00")
    daily = Timing(Every(1, "day", first), BERLIN)
    assert daily.runs_after(first, 2) == [ms("2026-03-29T09:00"), ms("2026-03-30T09:00")]
    weekly = Timing(Every(2, "week", first), BERLIN)
    assert weekly.runs_after(first, 1) == [ms("2026-04-11T09:00")]
    hourly = Timing(Every(24, "hour", first), BERLIN)
    assert hourly.runs_after(first, 1) == [ms("2026-03-29T10:00")]


# -- against a look at every minute ----------------------------------------------------------------------------------


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    """One field of a cron expression."""
    one = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        one.map(str),
        st.integers(2, high).map(lambda step: f"*/{step}"),
        st.tuples(one, one).map(lambda pair: "-".join(map(str, sorted(pair)))),
        st.lists(one, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found))),
    )


EXPRESSIONS = st.tuples(
    numbers(0, 59), numbers(0, 23), st.one_of(st.just("*"), numbers(1, 31)), st.just("*"), numbers(0, 7)
).map(" ".join)


FEW = (*ZONES, "America/Santiago", "Asia/Beirut", "Africa/Casablanca", "Antarctica/Troll", "Atlantic/Azores")
"""Clocks put forward at midnight, by half an hour, by two hours, during Ramadan, a day left out."""
OFTEN = ("@daily", "@monthly", "0 0 * * MON", "30 2 * * *", "*/20 0-3 * * *", "15 * * * *", "0 0-23/6 1,15 * *")


def year_of(number: int) -> tuple[int, int]:
    """Its first moment in UTC and the first of the next year."""
    return ms(f"{number}-01-01", ZoneInfo("UTC")), ms(f"{number + 1}-01-01", ZoneInfo("UTC"))


@lru_cache(maxsize=8)
def walk(zone_name: str, start: int, end: int, step: int) -> list[tuple[int, datetime, bool]]:
    """Each step of a time as a zone's clocks show it, and as they would have shown it had they not been put forward.

    It is a moment, the time of day then, and whether the clocks show that for the second time.
    """
    zone = ZoneInfo(zone_name)
    apart = timedelta(milliseconds=step)
    found: list[tuple[int, datetime, bool]] = []
    before = datetime.fromtimestamp((start - step) / 1000, zone).replace(tzinfo=None)
    for moment in range(start, end, step):
        local = datetime.fromtimestamp(moment / 1000, zone)
        shown = local.replace(tzinfo=None, fold=0)
        missing = (shown - before) // apart - 1
        found += [(moment + n * step, before + (n + 1) * apart, False) for n in range(missing)]
        found.append((moment, shown, local.fold == 1))
        before = shown
    return found


def walked(cron: Cron, steps: list[tuple[int, datetime, bool]]) -> list[int]:
    """The runs of a time, found by looking at each step of it."""
    runs = {
        moment
        for moment, local, again in steps
        if local.minute in cron.minutes and local.hour in cron.hours and local.month in cron.months
        if fits_day(cron, local) and not (again and len(cron.hours) < 24)
    }
    return sorted(runs)


def fits_day(cron: Cron, local: datetime) -> bool:
    day, weekday = local.day in cron.days, local.isoweekday() % 7 in cron.weekdays
    return (day or weekday) if cron.either_day else (day and weekday)


@lru_cache(maxsize=1024)
def changes(zone_name: str, year: int) -> list[int]:
    """When a zone's clocks are put forward or back."""
    steps = pairwise(walk(zone_name, *year_of(year), 15 * MINUTE))
    return [after[0] for before, after in steps if after[1] - before[1] != timedelta(minutes=15)]


def agree(zone_name: str, year: int) -> None:
    """The runs are those that a walk finds, looked for from many moments, the changes of clocks above all."""
    zone = ZoneInfo(zone_name)
    start, end = year_of(year)
    moments = set(range(start, end, 9 * DAY + 7 * 60 * MINUTE))
    for change in changes(zone_name, year):
        moments.update(range(change - DAY, change + DAY, 37 * MINUTE))
        moments.update(range(change - MINUTE, change + 2 * MINUTE, MINUTE // 2))
    for expression in OFTEN:
        cron = parse_cron(expression)
        expected = walked(cron, walk(zone_name, start, end, 5 * MINUTE))
        for moment in moments:
            if start <= moment < expected[-1]:
                assert cron.next_after(moment, zone) == expected[bisect_right(expected, moment)], (expression, moment)


@pytest.mark.parametrize("zone_name", FEW)
def test_no_run_of_a_year_is_lost_or_comes_twice(zone_name: str) -> None:
    agree(zone_name, 2011 if zone_name == "Pacific/Apia" else 2027)


@pytest.mark.sweep
@pytest.mark.parametrize("zone_name", sorted(available_timezones()))
def test_no_run_is_lost_in_any_zone(zone_name: str) -> None:
    agree(zone_name, 2027)


@PATIENT
@given(EXPRESSIONS, st.sampled_from(FEW), st.integers(-60, 60))
def test_it_is_the_first_minute_that_fits(expression: str, zone_name: str, minutes: int) -> None:
    cron, zone = parse_cron(expression), ZoneInfo(zone_name)
    for change in changes(zone_name, 2026) or [START]:
        after, end = change + minutes * MINUTE, change + 2 * DAY
        runs = walked(cron, walk(zone_name, change - DAY, end, MINUTE))
        found = cron.next_after(after, zone)
        assert found is not None
        assert found == runs[bisect_right(runs, after)] if runs and runs[-1] > after else found >= end


INTERVALS = st.builds(
    Every,
    st.integers(1, 400),
    st.sampled_from(["minute", "hour", "day"]),
    st.integers(START - 400 * DAY, START + 400 * DAY),
)


@PATIENT
@given(
    st.one_of(EXPRESSIONS.map(parse_cron), INTERVALS),
    st.sampled_from(ZONES),
    st.integers(0, 400 * DAY),
    st.integers(0, 3 * DAY),
)
def test_the_next_run_is_ahead_and_never_goes_back(rule: Any, zone_name: str, at: int, later: int) -> None:
    timing = Timing(rule, ZoneInfo(zone_name))
    first = timing.next_after(START + at)
    second = timing.next_after(START + at + later)
    assert first is not None
    assert second is not None
    assert START + at < first <= second
    upcoming = timing.runs_after(START + at, 4)
    assert upcoming == sorted(set(upcoming))
    assert len(upcoming) == 4


@PATIENT
@given(INTERVALS, st.sampled_from(ZONES), st.integers(0, 400 * DAY))
def test_an_interval_leaves_none_out(every: Every, zone_name: str, at: int) -> None:
    zone = ZoneInfo(zone_name)
    first = every.next_after(START + at, zone)
    second = every.next_after(first, zone)
    assert abs(second - first - every.length) <= 60 * MINUTE if every.unit == "day" else second - first == every.length


def test_limits_are_inclusive() -> None:
    timing = Timing(parse_cron("0 9 * * *"), BERLIN, starts_at=ms("2026-05-01T09:00"), ends_at=ms("2026-05-03T09:00"))
    assert timing.runs_after(ms("2026-01-01"), 9) == [ms(f"2026-05-0{day}T09:00") for day in (1, 2, 3)]


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("every 15 minutes", 15, "minute"),
        ("15m", 15, "minute"),
        ("1 min", 1, "minute"),
        ("2 Hours", 2, "hour"),
        ("3h", 3, "hour"),
        ("every day", 1, "day"),
        ("1 day", 1, "day"),
        ("2w", 2, "week"),
        ("Every week", 1, "week"),
    ],
)
def test_intervals(text: str, number: int, unit: str) -> None:
    rule = parse_rule("every", text, BERLIN, START, START)
    assert rule == Every(number, unit, START)
    assert kind_of(text) == "every"
    assert parse_rule("every", rule.text, BERLIN, START, START) == rule


@pytest.mark.parametrize("text", ["", "every", "minutes every 5", "-5 minutes", "1.5 hours", "5 months", "5 5 minutes"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match="write an interval"):
        parse_rule("every", text, BERLIN, None, START)


def test_an_interval_begins_one_interval_from_now_at_a_whole_minute() -> None:
    rule = parse_rule("every", "1 hour", BERLIN, None, START + 20 * MINUTE + 34_567)
    assert rule == Every(1, "hour", START + 80 * MINUTE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-01T09:00", "2026-06-01T07:00:00.000Z"),
        ("2026-06-01 09:00:30", "2026-06-01T07:00:30.000Z"),
        ("2026-06-01T09:00Z", "2026-06-01T09:00:00.000Z"),
        ("2026-06-01T09:00-05:00", "2026-06-01T14:00:00.000Z"),
        ("2026-06-01", "2026-05-31T22:00:00.000Z"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00.000Z"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert Once(ms(text)).text == expected
    assert kind_of(text) == "at"
    assert parse_rule("at", Once(ms(text)).text, BERLIN, None, START) == Once(ms(text))


def test_a_moment_comes_once() -> None:
    timing = Timing(Once(START), BERLIN)
    assert timing.runs_after(START - 1, 5) == [START]
    assert timing.next_after(START) is None


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 9 * * *", "every day at 09:00"),
        ("0 9,18 * * *", "every day at 09:00 and 18:00"),
        ("0 9 * * MON-FRI", "every weekday at 09:00"),
        ("30 17 * * 5", "every Friday at 17:30"),
        ("0 9 * * 0,6", "every Saturday and Sunday at 09:00"),
        ("30 8 1 * *", "on the 1st of every month at 08:30"),
        ("0 8 2 * *", "on the 2nd of every month at 08:00"),
        ("0 8 23 * *", "on the 23rd of every month at 08:00"),
        ("0 8 12 * *", "on the 12th of every month at 08:00"),
        ("@yearly", "every year on January 1 at 00:00"),
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("@hourly", "every hour"),
        ("5 * * * *", "every hour at minute 5"),
        ("0 */2 * * *", "every 2 hours"),
        ("*/7 * * * *", "*/7 * * * *"),
        ("0 9 13 * 5", "0 9 13 * 5"),
        ("0 9 1-7 * *", "0 9 1-7 * *"),
        ("0 9 * 6-8 *", "0 9 * 6-8 *"),
        ("*/15 9-17 * * 1-5", "*/15 9-17 * * 1-5"),
        ("15m", "every 15 minutes"),
        ("1 hour", "every hour"),
        ("every day", "every day"),
        ("2 weeks", "every 2 weeks"),
        ("2026-12-24T09:00", "once, on December 24, 2026 at 09:00"),
    ],
)
def test_rules_in_words(text: str, words: str) -> None:
    kind: Kind = kind_of(text)
    assert describe(parse_rule(kind, text, BERLIN, None, START), BERLIN) == words


def test_rules_in_another_language() -> None:
    def shout(message: str, /, **values: object) -> str:
        return message.upper().replace(")S", ")s") % {key.upper(): value for key, value in values.items()}

    rule = parse_rule("cron_expr", "0 9 * * 1,3", BERLIN, None, START)
    assert describe(rule, BERLIN, shout, "zh") == "EVERY 星期一和星期三 AT 09:00"
