"""Times and names as people read them, in the language and time zone of the request."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal

from ..clock import rfc3339
from .i18n import gettext as _
from .visit import visit

HUES = 8
CENT = 0.01


def local(milliseconds: int) -> datetime:
    """A moment in the reader's time zone."""
    return datetime.fromtimestamp(milliseconds / 1000, visit().timezone)


def iso(milliseconds: int) -> str:
    """For the attribute ``datetime``."""
    return rfc3339(milliseconds)


def clock_time(milliseconds: int) -> str:
    """``14:03`` or ``2:03 PM``, as the language has it."""
    return format_time(local(milliseconds), "short", locale=visit().locale)


def full_time(milliseconds: int) -> str:
    """Day and time: ``21 November 2026, 07:50``."""
    day = format_date(local(milliseconds), "long", locale=visit().locale)
    return _("%(day)s, %(time)s", day=day, time=clock_time(milliseconds))


def day_of(milliseconds: int) -> date:
    """The reader's calendar day."""
    return local(milliseconds).date()


def day_name(milliseconds: int) -> str:
    """``Today``, ``Yesterday``, ``Monday, 3 March``; with the year if it is another one."""
    day, today = day_of(milliseconds), day_of(visit().now)
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    if day.year != today.year:
        return format_date(day, "long", locale=visit().locale)
    pattern = "M月d日 EEEE" if visit().language == "zh" else "EEEE, d MMMM"
    return format_date(day, pattern, locale=visit().locale)


def short_time(milliseconds: int) -> str:
    """The time of what happened today, the day of what is older."""
    if day_of(milliseconds) == day_of(visit().now):
        return clock_time(milliseconds)
    return format_date(day_of(milliseconds), "short", locale=visit().locale)


def ago(milliseconds: int) -> str:
    """``3 minutes ago``."""
    passed = max(0, visit().now - milliseconds)
    if passed < 60_000:
        return _("just now")
    return format_timedelta(timedelta(milliseconds=-passed), add_direction=True, locale=visit().locale)


def duration(seconds: float) -> str:
    """``30 seconds``, ``2 hours``."""
    return format_timedelta(timedelta(seconds=seconds), threshold=1, locale=visit().locale)


def number(value: int) -> str:
    """A count as the reader writes numbers: ``1,234``."""
    return str(format_decimal(value, locale=visit().locale))


def dollars(value: float) -> str:
    """US dollars as the reader writes them: ``$1.20``; less than a cent with its first digits."""
    digits = 2 if value == 0 or value >= CENT else 4
    return str(format_currency(round(value, digits), "USD", locale=visit().locale, decimal_quantization=digits == 2))


def initials(name: str) -> str:
    """One or two characters that stand for a name: ``Ada-Lovelace`` -> ``AL``, ``王小明`` -> ``王``."""
    words = [word for word in _words(name) if word]
    if not words:
        return "?"
    if unicodedata.east_asian_width(words[0][0]) in "WF":
        return words[0][0]
    second = words[1][0] if len(words) > 1 else words[0][1:2]
    return (words[0][0] + second).upper()


def hue(name: str) -> int:
    """A number from 0 to 7 that is always the same for a name: its colour."""
    return hashlib.sha256(name.encode()).digest()[0] % HUES


def file_size(count: int) -> str:
    """``12 B``, ``3.4 KB``, ``1.2 MB``."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.1f} KB"
    return f"{count / 1_000_000:.1f} MB"


def _words(name: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in name).split()
