"""What agents use for a task: a panel on the task's page, and a form for what they may."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from teammcp import Access, Context, Row
from teammcp.web import Notice, Outcome, Page, attempt, see
from teammcp.web import gettext as _

from ..tasks import queries
from ..tasks.spent import limit_of
from ..usage import MICROS
from .layout import show

CAPS: dict[str, type[int] | type[float]] = {"cost_usd": float, "tokens": int}


async def panel(context: Context, task: Any) -> dict[str, Any] | None:
    """What was used for a task, and may be; nothing where nothing is, but for those who can set a limit."""
    usage = await context.call("get_task_usage", task_id=task.id)
    is_limited = usage.limit.cost_usd or usage.limit.tokens
    if usage.agents or is_limited:
        return {"usage": usage, "rests": usage.spent and task.closed_at is None}
    if context.actor.access < Access.manager or not (await context.call("list_agent_homes")).root:
        return None
    return {"usage": usage, "rests": False}


async def limit(context: Context, request: Request, task_id: int) -> Response:
    """A form for what agents may use for a task."""
    usage = await context.call("get_task_usage", task_id=task_id)
    values = _set(await context.read(queries.limit, task_id))
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
    usual = {cap: f"{value:.12g}" if value else "" for cap, value in limit_of(context, None).model_dump().items()}
    return await show(context, "limit.html", "agents", outcome, usage=usage, values=values, usual=usual)


def _set(row: Row | None) -> dict[str, str]:
    """What was set for a task, as the fields show it; nothing where it is as the settings say."""
    cost, tokens = (None, None) if row is None else (row["cost_micros"], row["tokens"])
    return {
        "cost_usd": "" if cost is None else f"{cost / MICROS:.12g}",
        "tokens": "" if tokens is None else str(tokens),
    }


PAGES = [Page("/launcher/tasks/<int:task_id>/limit", limit, ("GET", "POST"), Access.manager)]
