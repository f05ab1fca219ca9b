"""The page where one says how to be told of things outside of TeamMCP, and sees what became of it."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from ....operations import Context
from ....web import Outcome, Page, form_call, gettext, mark, render, see
from ..message_kinds import KINDS
from ..models import OUTCOMES
from ..operations.addresses import get_notifiers, remove_notification_address
from ..operations.preferences import get_notification_preferences
from ..timing import URGENCIES

OF_MESSAGES = {kind.name for kind in KINDS}
"""The kinds that stand first: they are what most is told of."""
SHOWN = 50
"""Notifications that the page shows."""
URGENCY_WORDS = {
    "now": mark("at once"),
    "batch": mark("in a batch"),
    "hourly": mark("once an hour"),
    "daily": mark("once a day"),
    "never": mark("never"),
}
STATE_WORDS = {
    "waiting": mark("waits"),
    "handed_over": mark("handed over"),
    "accepted": mark("accepted"),
    "seen": mark("seen"),
    "failed": mark("failed"),
    "dropped": mark("not needed any more"),
}


async def show(context: Context, request: Request) -> Response:
    """How one wants to be told, and the newest notifications."""
    return await _show(context, request, Outcome())


async def _show(context: Context, request: Request, outcome: Outcome, **typed: Any) -> Response:
    notifiers = (await context.call(get_notifiers)).root
    habits = await context.call(get_notification_preferences)
    known = {
        "state": {"waiting", *OUTCOMES},
        "kind": {each.name for each in habits.kinds},
        "notifier": {each.name for each in notifiers},
    }
    wanted = {name: text for name in known if (text := request.args.get(name, "")) in known[name]}
    return await render(
        context,
        "notifications/show.html",
        outcome.status,
        notice=outcome.notice,
        notifiers=notifiers,
        titles={each.name: gettext(each.title) for each in notifiers},
        habits=habits,
        kinds=sorted(habits.kinds, key=lambda kind: kind.name not in OF_MESSAGES),
        notifications=(await context.call("list_notifications", limit=SHOWN, **wanted)).root,
        chosen=wanted,
        urgencies={name: gettext(URGENCY_WORDS[name]) for name in URGENCIES},
        states={name: gettext(words) for name, words in STATE_WORDS.items()},
        typed=typed,
    )


async def change_habits(context: Context, request: Request) -> Response:
    """Keep quiet hours, batches, the digest and the language."""
    form = await request.form
    times = [form.get("quiet_from", ""), form.get("quiet_until", "")]
    outcome = await form_call(
        context,
        "set_notification_preferences",
        quiet_hours="-".join(times).strip("-"),
        batch_minutes=form.get("batch_minutes", ""),
        digest_at=form.get("digest_at", ""),
        language=form.get("language", ""),
    )
    return see("/notifications") if outcome.ok else await _show(context, request, outcome)


async def add_address(context: Context, request: Request, notifier: str) -> Response:
    """Keep an address."""
    form = await request.form
    address = form.get("address", "")
    outcome = await form_call(
        context, "set_notification_address", notifier=notifier, address=address, label=form.get("label", "")
    )
    return see("/notifications") if outcome.ok else await _show(context, request, outcome, **{notifier: address})


async def change(context: Context, request: Request, notifier: str) -> Response:
    """Keep how a notifier is used."""
    form = await request.form
    urgencies = {name.removeprefix("kind-"): value for name, value in form.items() if name.startswith("kind-")}
    outcome = await form_call(
        context, "set_notifier", notifier=notifier, after_minutes=form.get("after_minutes", "0"), urgencies=urgencies
    )
    return see("/notifications") if outcome.ok else await _show(context, request, outcome)


async def remove(context: Context, request: Request, notifier: str, address_id: int) -> Response:
    """Use an address no more."""
    await context.call(remove_notification_address, notifier=notifier, address_id=address_id)
    return see("/notifications")


async def try_it(context: Context, request: Request, notifier: str) -> Response:
    """Send a test."""
    outcome = await form_call(context, "try_notifier", notifier=notifier)
    return see("/notifications#lately") if outcome.ok else await _show(context, request, outcome)


async def resend(context: Context, request: Request, number: int, notifier: str) -> Response:
    """Tell of something once more."""
    outcome = await form_call(context, "resend_notification", notification_id=number, notifier=notifier)
    return see("/notifications#lately") if outcome.ok else await _show(context, request, outcome)


PAGES = [
    Page("/notifications", show),
    Page("/notifications/habits", change_habits, methods=("POST",)),
    Page("/notifications/<int:number>/resend/<notifier>", resend, methods=("POST",)),
    Page("/notifiers/<notifier>", change, methods=("POST",)),
    Page("/notifiers/<notifier>/address", add_address, methods=("POST",)),
    Page("/notifiers/<notifier>/address/<int:address_id>/remove", remove, methods=("POST",)),
    Page("/notifiers/<notifier>/test", try_it, methods=("POST",)),
]
