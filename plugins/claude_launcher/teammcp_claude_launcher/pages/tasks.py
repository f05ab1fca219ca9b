"""What agents use for a task: a panel on the task's page, and a form for what they may."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Notice, Outcome, Page, attempt, see
from teammcp.web import gettext as _

from .layout import show

CAPS: dict[str, type[int] | type[float]] = {"cost_usd": float, "tokens": int}


async def panel(context: Context, task: Any) -> dict[str, Any] | None:
    """What was used for a task, and may be; nothing where nothing is, but for those who can set a limit."""
    usage = await context.call("get_task_usage", task_id=task.id)
    is_limited = usage.limit.cost_usd or usage.limit.tokens
    if usage.agents or is_limited:
        return {"usage": usage}
    if context.actor.access < Access.manager or not (await context.call("list_agent_homes")).root:
        return None
    return {"usage": usage}


async def limit(context: Context, request: Request, task_id: int) -> Response:
    """A form for what agents may use for a task."""
    usage = await context.call("get_task_usage", task_id=task_id)
    values = {cap: getattr(usage.limit, cap) for cap in CAPS}
    outcome = Outcome()
    if request.method == "POST":
        form = await request.form
        values = {cap: form.get(cap, "").strip() for cap in CAPS}
        try:
            given = {cap: kind(values[cap]) for cap, kind in CAPS.items() if values[cap]}
        except ValueError:
            outcome = Outcome(notice=Notice("error", _("Write numbers; 0 is no limit.")), status=400)
        else:
            outcome = await attempt(context, "set_task_limit", {"task_id": task_id, **given})
        if outcome.ok:
            return see(f"/tasks/{task_id}")
    return await show(context, "limit.html", "agents", outcome, usage=usage, values=values)


PAGES = [Page("/launcher/tasks/<int:task_id>/limit", limit, ("GET", "POST"), Access.manager)]
