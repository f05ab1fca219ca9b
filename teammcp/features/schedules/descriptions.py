"""A schedule's rule in words: ``every weekday at 09:00``, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, get_day_names
from babel.lists import format_list

from ...server.cron import Cron
from .timing import Every, Once

Translate = Callable[..., str]

MOST_TIMES = 4
"""More times of day than these are not listed."""
ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS = range(1, 32), range(1, 13), range(7)


def plain(message: str, /, **values: object) -> str:
    """The message in English, for programs and agents."""
    return message % values if values else message


def describe(rule: Cron | Every | Once, zone: ZoneInfo, _: Translate = plain, locale: str = "en") -> str:
    """When a schedule runs. A cron expression without simple words stays as it is."""
    if isinstance(rule, Cron):
        return _cron(rule, _, locale) or rule.text
    if isinstance(rule, Every):
        return _every(rule, _)
    moment = datetime.fromtimestamp(rule.at / 1000, zone)
    return _("once, on %(date)s at %(time)s", date=format_date(moment, "long", locale), time=f"{moment:%H:%M}")


def _every(rule: Every, _: Translate) -> str:
    single = {
        "minute": _("every minute"),
        "hour": _("every hour"),
        "day": _("every day"),
        "week": _("every week"),
    }
    several = {
        "minute": _("every %(count)s minutes", count=rule.number),
        "hour": _("every %(count)s hours", count=rule.number),
        "day": _("every %(count)s days", count=rule.number),
        "week": _("every %(count)s weeks", count=rule.number),
    }
    return (single if rule.number == 1 else several)[rule.unit]


def _cron(cron: Cron, _: Translate, locale: str) -> str | None:
    if len(cron.minutes) == 1 and len(cron.hours) <= MOST_TIMES:
        times = format_list([f"{hour:02}:{cron.minutes[0]:02}" for hour in cron.hours], locale=locale)
        return _days(cron, times, _, locale)
    if not _every_day(cron):
        return None
    if len(cron.minutes) == 1:
        return _hourly(cron, _)
    step = _step(cron.minutes, 60) if len(cron.hours) == 24 else None
    if step is None:
        return None
    return _("every minute") if step == 1 else _("every %(count)s minutes", count=step)


def _hourly(cron: Cron, _: Translate) -> str | None:
    """A certain minute of many hours."""
    (minute,) = cron.minutes
    if len(cron.hours) == 24:
        return _("every hour") if minute == 0 else _("every hour at minute %(minute)s", minute=minute)
    step = _step(cron.hours, 24)
    return _("every %(count)s hours", count=step) if step is not None and minute == 0 else None


def _days(cron: Cron, times: str, _: Translate, locale: str) -> str | None:
    """Certain times on certain days."""
    if cron.either_day:
        return None
    if _every_day(cron):
        return _("every day at %(times)s", times=times)
    if _fits(cron.days, ALL_DAYS) and _fits(cron.months, ALL_MONTHS):
        if cron.weekdays == (1, 2, 3, 4, 5):
            return _("every weekday at %(times)s", times=times)
        names = get_day_names("wide", locale=locale)
        listed = format_list([names[(day - 1) % 7] for day in sorted(cron.weekdays, key=_from_monday)], locale=locale)
        return _("every %(days)s at %(times)s", days=listed, times=times)
    if len(cron.days) > 1 or not _fits(cron.weekdays, ALL_WEEKDAYS):
        return None
    (day,) = cron.days
    if _fits(cron.months, ALL_MONTHS):
        return _monthly(day, times, _)
    if len(cron.months) > 1:
        return None
    listed = format_skeleton("MMMMd", date(2000, cron.months[0], day), locale=locale)
    return _("every year on %(date)s at %(times)s", date=listed, times=times)


def _monthly(day: int, times: str, _: Translate) -> str:
    if day in (1, 21, 31):
        return _("on the %(day)sst of every month at %(times)s", day=day, times=times)
    if day in (2, 22):
        return _("on the %(day)snd of every month at %(times)s", day=day, times=times)
    if day in (3, 23):
        return _("on the %(day)srd of every month at %(times)s", day=day, times=times)
    return _("on the %(day)sth of every month at %(times)s", day=day, times=times)


def _every_day(cron: Cron) -> bool:
    return (
        _fits(cron.days, ALL_DAYS) and _fits(cron.months, ALL_MONTHS) and _fits(cron.weekdays, ALL_WEEKDAYS)
    ) and not cron.either_day


def _fits(numbers: tuple[int, ...], everything: range) -> bool:
    return len(numbers) == len(everything)


def _step(numbers: tuple[int, ...], whole: int) -> int | None:
    """The distance of numbers that are spread evenly from 0 over a whole hour or day."""
    step = whole // len(numbers)
    return step if numbers == tuple(range(0, whole, step)) and whole % step == 0 else None


def _from_monday(day: int) -> int:
    return (day - 1) % 7
