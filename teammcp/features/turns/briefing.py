"""What an agent should know when its session begins: who is here, its own work, what it has not read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ...errors import Forbidden
from ...operations import Context

PEOPLE = 20
TASKS = 5
OPEN = "todo,doing,blocked"


async def parts(context: Context, unread: Mapping[str, int]) -> list[str]:
    """One line for each subject there is something to say about."""
    found = [await _allowed(context, part) for part in (_people, _tasks)]
    if unread:
        waiting = ", ".join(f"{number} {what}" for what, number in unread.items())
        found.append(f"Not read yet: {waiting}. get_inbox shows them.")
    return [line for line in found if line]


async def _allowed(context: Context, part: Callable[[Context], Awaitable[str]]) -> str:
    """The line, or nothing where the settings keep the operation from this agent."""
    try:
        return await part(context)
    except Forbidden:
        return ""


async def _people(context: Context) -> str:
    agents = [agent for agent in (await context.call("get_agents")).root if agent.name != context.actor.name]
    here = [f"{agent.name} ({agent.role or agent.kind})" for agent in agents if agent.status == "online"]
    shown = ", ".join(here[:PEOPLE]) + (f" and {len(here) - PEOPLE} more" if len(here) > PEOPLE else "")
    away = len(agents) - len(here)
    return f"Here now: {shown or 'nobody else'}." + (f" Away: {away}." if away else "")


async def _tasks(context: Context) -> str:
    found = await context.call("list_tasks", assignee="me", status=OPEN, sort="-priority", limit=TASKS)
    if not found.total:
        return "You have no open tasks; list_tasks shows those of others."
    titles = "; ".join(f"#{task.id} {task.title} ({task.status}, {task.priority})" for task in found.tasks)
    return f"Your open tasks ({found.total}): {titles}."
