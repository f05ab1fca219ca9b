"""The page of usage: what agents send and spend, their budgets, and the loops that were stopped."""

from __future__ import annotations

from quart import Request, Response

from ....members.directory import Access
from ....operations import Context
from ....web import Notice, Outcome, Page, attempt, gettext, go_back, mark, render, see
from ....web.channels import channel_path
from ..budgets.operations import get_usage
from ..loops.operations import list_loops, release_loop
from .values import bars, story

CAPS: dict[str, type[int] | type[float]] = {"messages": int, "tokens": int, "cost_usd": float}


async def show_usage(context: Context, request: Request) -> Response:
    """What every agent used today and in the last seven days, and what is stopped."""
    usage = await context.call(get_usage)
    loops = await context.call(list_loops)
    return await render(
        context,
        "guard/usage.html",
        usage=usage.agents,
        loops=loops.loops,
        channel_path=channel_path,
        story=story,
        bars=bars,
    )


async def change_budget(context: Context, request: Request, name: str) -> Response:
    """A form for what an agent may use in a day."""
    (usage,) = (await context.call(get_usage, agent=name, days=1)).agents
    values = {cap: getattr(usage.budget, cap) for cap in CAPS}
    outcome = Outcome()
    if request.method == "POST":
        form = await request.form
        values = {cap: form.get(cap, "") for cap in CAPS}
        try:
            given = {cap: kind(values[cap]) for cap, kind in CAPS.items() if values[cap]}
        except ValueError:
            outcome = Outcome(notice=Notice("error", gettext("Write numbers; 0 is no limit.")), status=400)
        else:
            outcome = await attempt(context, "set_budget", {"agent": name, **given})
        if outcome.ok:
            return see("/usage")
    return await render(context, "guard/budget.html", outcome.status, notice=outcome.notice, usage=usage, values=values)


async def release(context: Context, request: Request, loop_id: int) -> Response:
    """Let agents go on that were stopped."""
    await context.call(release_loop, loop_id=loop_id)
    return await go_back(request, "/usage")


PAGES = [
    Page("/usage", show_usage, access=Access.manager, label=mark("Usage"), icon="matrix", order=62),
    Page("/usage/<name>/budget", change_budget, ("GET", "POST"), Access.manager),
    Page("/loops/<int:loop_id>/release", release, ("POST",), Access.member),
]
