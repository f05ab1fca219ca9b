"""Who sees which task: if its channel is a topic or direct message, whoever reads that; else the whole team."""

from __future__ import annotations

from ...members.directory import SYSTEM, Channel, sides
from ...operations import Context
from ...storage import Row


def scope_of(channel: Channel | None) -> str:
    """What limits the sight of the tasks of a channel: its id, or '' if the whole team sees them."""
    return "" if channel is None or channel.kind == "group" else channel.id


def sees(context: Context, name: str, scope: str) -> bool:
    """Whether a member may see the tasks of a scope."""
    return not scope or name in sides(scope) or context.team.directory.can_read(name, scope)


def may_see(context: Context, row: Row) -> bool:
    """Whether the actor may see a task; the server itself, which looks after all of them, may."""
    return context.actor is SYSTEM or sees(context, context.actor.name, row["scope"])


def scopes(context: Context) -> list[str]:
    """All scopes whose tasks the actor may see."""
    directory = context.team.directory
    joined = [directory.channels[channel] for channel in directory.joined(context.actor.name)]
    return ["", *sorted(channel.id for channel in joined if channel.kind != "group")]
