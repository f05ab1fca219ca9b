"""What an agent should know when its session begins: who is here, its own work, what it has not read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ...errors import Forbidden
from ...operations import Context
from ...text.untrusted import fence, quote
from ..agents import AgentProfile

PEOPLE = 20
TASKS = 5
OPEN = "todo,doing,blocked"


async def parts(context: Context, unread: Mapping[str, int]) -> list[str]:
    """A few lines for each subject there is something to say about; what others have named stands in a fence."""
    lines = [*await _allowed(context, _people), *await _allowed(context, _tasks)]
    found = [fence(lines)] if lines else []
    if unread:
        waiting = ", ".join(f"{number} {what}" for what, number in unread.items())
        found.append(f"Not read yet: {waiting}. get_inbox shows them.")
    return found


async def _allowed(context: Context, part: Callable[[Context], Awaitable[list[str]]]) -> list[str]:
    """The lines, or none where the settings keep the operation from this agent."""
    try:
        return await part(context)
    except Forbidden:
        return []


async def _people(context: Context) -> list[str]:
    agents = [agent for agent in (await context.call("get_agents")).root if agent.name != context.actor.name]
    here = [_person(agent) for agent in agents if agent.here]
    shown = ", ".join(here[:PEOPLE]) + (f" and {len(here) - PEOPLE} more" if len(here) > PEOPLE else "")
    away = len(agents) - len(here)
    return [f"Here now: {shown or 'nobody else'}." + (f" Away: {away}." if away else "")]


def _person(agent: AgentProfile) -> str:
    doing = "" if agent.status == "online" else f", {agent.status}"
    why = f": {quote(agent.reason)}" if agent.status in {"blocked", "waiting"} and agent.reason else ""
    role = f", {quote(agent.role)}" if agent.role else ""
    return f"{agent.name} ({agent.kind}{role}{doing}{why})"


async def _tasks(context: Context) -> list[str]:
    found = await context.call("list_tasks", assignee="me", status=OPEN, sort="-priority", limit=TASKS)
    if not found.total:
        return ["You have no open tasks; list_tasks shows those of others."]
    titles = [f"#{task.id} ({task.status}, {task.priority}): {quote(task.title)}" for task in found.tasks]
    return [f"Your open tasks ({found.total}):", *titles]
