"""The pages of schedules: what is to be sent and when, and a form for more."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from quart import Request, Response

from ....arguments.times import zone_of
from ....clock import rfc3339
from ....members.directory import Access
from ....operations import Context
from ....web import Outcome, Page, form_call, gettext, go_back, mark, render, see
from ....web.channels import channel_entry, channel_path
from ....web.visit import visit
from ..descriptions import describe
from ..models import Schedule, ScheduleResult
from ..operations.schedules import cancel_schedule, get_schedule, list_schedules
from ..timing import Kind, parse_rule

ORDER = {"suspended": 0, "active": 1, "paused": 2, "ended": 3}
FIELDS = {
    "channel": "",
    "content": "",
    "repeat": "day",
    "time": "09:00",
    "weekday": "1",
    "day": "1",
    "number": "15",
    "unit": "minutes",
    "moment": "",
    "cron": "",
    "ends_at": "",
    "count": "",
}
"""The fields of the form, and what they hold at first."""


async def schedules(context: Context, request: Request) -> Response:
    """What is to be sent: for managers everybody's unless they ask for their own, for others their own."""
    everybody = "all" in request.args or (context.actor.access >= Access.manager and "mine" not in request.args)
    arguments: dict[str, Any] = {"all": everybody, "limit": 200}
    if before := request.args.get("cursor", type=int):
        arguments["cursor"] = before
    found = await context.call(list_schedules, **arguments)
    ordered = sorted(found.schedules, key=lambda each: (ORDER[each.status], each.next_run or 0))
    return await render(
        context,
        "schedules/list.html",
        schedules=ordered,
        everybody=everybody,
        others=await _others(context) if not ordered and not everybody else 0,
        older=found.next,
        **_helpers(),
    )


async def _others(context: Context) -> int:
    """How many schedules there are of others that the visitor may see."""
    if context.actor.access < Access.manager:
        return 0
    found = await context.call(list_schedules, all=True, limit=200)
    return sum(each.created_by != context.actor.name for each in found.schedules)


async def new_schedule(context: Context, request: Request) -> Response:
    """A form for a schedule, and the schedule."""
    form = await request.form
    given = request.args if request.method == "GET" else form
    values = {name: given.get(name, default) for name, default in FIELDS.items()}
    values["time_zone"] = given.get("time_zone", visit().timezone_name)
    outcome = Outcome()
    if request.method == "POST":
        outcome = await form_call(
            context,
            "schedule_message",
            **rule_of(values),
            content=values["content"],
            **{name: values[name] for name in ("channel", "time_zone")},
            **{name: values[name] or None for name in ("ends_at", "count")},
        )
        if outcome.ok:
            return see("/schedules")
    return await render(
        context,
        "schedules/new.html",
        outcome.status,
        notice=outcome.notice,
        values=values,
        channels=await _channels(context),
        time_zones=sorted(available_timezones()),
    )


def rule_of(values: dict[str, str]) -> dict[str, str]:
    """The rule that the form's fields make; whether it is a good one is for the operation to say."""
    hour, _, minute = values["time"].partition(":")
    return {
        "day": {"cron_expr": f"{minute} {hour} * * *"},
        "weekdays": {"cron_expr": f"{minute} {hour} * * MON-FRI"},
        "week": {"cron_expr": f"{minute} {hour} * * {values['weekday']}"},
        "month": {"cron_expr": f"{minute} {hour} {values['day']} * *"},
        "interval": {"every": f"{values['number']} {values['unit']}"},
        "once": {"at": values["moment"]},
    }.get(values["repeat"], {"cron_expr": values["cron"]})


async def change(context: Context, request: Request, schedule_id: int) -> Response:
    """Pause a schedule, or let it go on."""
    wanted = "resume_schedule" if (await request.form).get("change") == "resume" else "pause_schedule"
    await context.call(wanted, schedule_id=schedule_id)
    return await go_back(request, "/schedules")


async def cancel(context: Context, request: Request, schedule_id: int) -> Response:
    """Cancel a schedule, once somebody is sure."""
    if request.method == "POST":
        await context.call(cancel_schedule, schedule_id=schedule_id)
        return await go_back(request, "/schedules")
    found: ScheduleResult = await context.call(get_schedule, schedule_id=schedule_id)
    return await render(context, "schedules/cancel.html", schedule=found.schedule, **_helpers())


async def _channels(context: Context) -> list[tuple[str, str]]:
    """Ids and names of where one may write to."""
    found = await context.call("get_channels")
    listed = [channel_entry(context, info) for info in found.root]
    return [
        (each.info.id, each.title if each.info.type == "dm" else f"#{each.title}")
        for each in listed
        if each.info.type != "dm" or (each.agent is not None and not each.agent.retired)
    ]


def _helpers() -> dict[str, Any]:
    return {"words": words, "channel_path": channel_path, "zone_here": visit().timezone_name}


def words(schedule: Schedule) -> str:
    """When it runs, in the reader's language."""
    given: dict[Kind, str | None] = {
        "cron_expr": schedule.cron_expr,
        "every": schedule.every,
        "at": None if schedule.at is None else rfc3339(schedule.at),
    }
    kind, text = next(((kind, text) for kind, text in given.items() if text is not None), ("at", ""))
    try:
        zone = zone_of(schedule.time_zone)
        return describe(parse_rule(kind, text, zone, schedule.starts_at, 0), zone, gettext, visit().locale)
    except ValueError:  # a broken row: it says what it can
        return schedule.when


PAGES = [
    Page("/schedules", schedules, label=mark("Schedules"), icon="clock", order=28),
    Page("/schedules/new", new_schedule, ("GET", "POST"), Access.member),
    Page("/schedules/<int:schedule_id>/change", change, ("POST",), Access.member),
    Page("/schedules/<int:schedule_id>/cancel", cancel, ("GET", "POST"), Access.member),
]
