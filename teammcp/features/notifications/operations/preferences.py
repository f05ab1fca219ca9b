"""How one wants to be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from ....arguments.quiet import Quiet, minutes, written
from ....errors import InvalidInput
from ....operations import Context, operation
from ....storage import Transaction, Work
from .. import kinds, notifiers, outbox, preferences
from .. import preference_queries as queries
from ..events import PreferencesSet
from ..models import KindName, Language, NotificationHabits, NotificationKindInfo, NotifierInfo, NotifierName
from ..preferences import Preferences
from ..timing import Urgency
from .addresses import get_notifiers, installed

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
LONGEST_WAIT = 24 * 60


def _time_of_day(text: str) -> str:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError('must be a time of the day, such as "09:00"')
    return f"{int(found[1]):02}:{found[2]}"


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
BatchMinutes = Annotated[int, Field(ge=1, le=24 * 60)]
AfterMinutes = Annotated[int, Field(ge=0, le=LONGEST_WAIT)]


@operation("GET /api/notifications/preferences", profile="notifications", read_only=True, tool=False)
async def get_notification_preferences(context: Context) -> NotificationHabits:
    """Say how you want to be told outside of TeamMCP: quiet hours, batches, the digest; and of what one can be told."""
    return _shown(context, await context.read(preferences.of, context.actor))


@operation("PUT /api/notifications/preferences", profile="notifications", idempotent=True, tool=False)
async def set_notification_preferences(
    context: Context,
    quiet_hours: Quiet | None = None,
    batch_minutes: BatchMinutes | None = None,
    digest_at: TimeOfDay | None = None,
    language: Language | None = None,
) -> Work[NotificationHabits]:
    """Change how you want to be told; what is not given stays. Times are those of your time zone.

    quiet_hours: "22:00-07:00", or "" for none; what comes in them is told at their end.
    """

    def work(tx: Transaction) -> NotificationHabits:
        before = preferences.of(tx, context.actor)
        habits, me = before.habits, context.actor.name
        quiet = (habits.quiet_from, habits.quiet_until)
        queries.set_habits(
            tx,
            me,
            *(quiet if quiet_hours is None else minutes(quiet_hours) or (None, None)),
            batch_minutes or habits.batch_minutes,
            habits.digest_at if digest_at is None else _minute(digest_at),
            language or before.language,
        )
        context.emit(tx, PreferencesSet(notifier=None), me, agents=[me])
        outbox.retime(context, tx, me, notifiers.of(context.server))
        return _shown(context, preferences.of(tx, context.actor))

    return work


@operation("PUT /api/notifiers/{notifier}", profile="notifications", idempotent=True, tool=False)
async def set_notifier(
    context: Context,
    notifier: NotifierName,
    after_minutes: AfterMinutes | None = None,
    urgencies: Annotated[dict[KindName, Urgency], Field(max_length=100)] = {},  # noqa: B006 - never changed
) -> Work[NotifierInfo]:
    """Change how a notifier tells you of things; what is not given stays.

    after_minutes: tell only what you have not seen by then, so that it comes when another way has not reached you.
    urgencies: by kind of thing now, batch, hourly, daily or never, such as {"dm": "now", "mention": "hourly"}.
    """
    installed(context, notifier)
    known = kinds.of(context.server)
    if unknown := sorted(set(urgencies) - set(known)):
        raise InvalidInput.at("urgencies", f"there is no kind '{unknown[0]}'. There are: {', '.join(sorted(known))}")
    shown = {each.name: each for each in (await context.call(get_notifiers)).root}[notifier]

    def work(tx: Transaction) -> NotifierInfo:
        me = context.actor.name
        if after_minutes is not None:
            queries.set_after_minutes(tx, me, notifier, after_minutes)
        for kind, urgency in urgencies.items():
            queries.set_urgency(tx, me, notifier, kind, urgency)
        context.emit(tx, PreferencesSet(notifier=notifier), me, agents=[me])
        outbox.retime(context, tx, me, [notifier])
        now = preferences.of(tx, context.actor)
        said = {kind: now.urgency(context.server, notifier, kind) for kind in known}
        return shown.model_copy(update={"after_minutes": now.after(notifier), "urgencies": said})

    return work


def _minute(time_of_day: str) -> int:
    hours, rest = time_of_day.split(":")
    return int(hours) * 60 + int(rest)


def _shown(context: Context, wanted: Preferences) -> NotificationHabits:
    habits = wanted.habits
    return NotificationHabits(
        quiet_hours=written(habits.quiet_from, habits.quiet_until),
        time_zone=habits.time_zone,
        batch_minutes=habits.batch_minutes,
        digest_at=f"{habits.digest_at // 60:02}:{habits.digest_at % 60:02}",
        language=wanted.language,
        kinds=[
            NotificationKindInfo(name=kind.name, title=kind.title, urgency=kind.urgency)
            for kind in kinds.of(context.server).values()
        ],
    )
