"""Let MCP clients read and follow who is online, as ``teammcp://online``."""

from teammcp import Context, Event, Resource, hookimpl


async def read(context: Context) -> str:
    online = [name for name in context.team.directory.agents if context.team.presence.online(name)]
    return "\n".join(sorted(online))


def changed(context: Context, event: Event) -> bool:
    return event.kind in {"agent.online", "agent.offline"}


@hookimpl
def register_resources() -> list[Resource]:
    return [Resource("teammcp://online", "online", "The members that are online, one a line.", read, changed)]
