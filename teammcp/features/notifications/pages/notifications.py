"""The page where one says how to be notified, and sees what became of it."""

from __future__ import annotations

from quart import Request, Response

from ....operations import Context
from ....web import Outcome, Page, form_call, render, see
from ..models import REASONS
from ..operations.addresses import get_notifiers, list_notifications, remove_notification_address

RECENT = 20
"""Notifications that the page shows."""


async def show(context: Context, request: Request) -> Response:
    """One's addresses, and the newest notifications."""
    return await _show(context, Outcome(), "", "")


async def _show(context: Context, outcome: Outcome, notifier: str, typed: str) -> Response:
    return await render(
        context,
        "notifications/show.html",
        outcome.status,
        notice=outcome.notice,
        notifiers=(await context.call(get_notifiers)).root,
        notifications=(await context.call(list_notifications, limit=RECENT)).root,
        typed={notifier: typed},
    )


async def change(context: Context, request: Request, notifier: str) -> Response:
    """Keep an address."""
    form = await request.form
    address = form.get("address", "")
    chosen = [reason for reason in REASONS if reason in form]
    outcome = await form_call(
        context, "set_notification_address", notifier=notifier, address=address, reasons=chosen or list(REASONS)
    )
    return see("/notifications") if outcome.ok else await _show(context, outcome, notifier, address)


async def remove(context: Context, request: Request, notifier: str) -> Response:
    """Use an address no more."""
    await context.call(remove_notification_address, notifier=notifier)
    return see("/notifications")


PAGES = [
    Page("/notifications", show),
    Page("/notifications/<notifier>", change, methods=("POST",)),
    Page("/notifications/<notifier>/remove", remove, methods=("POST",)),
]
