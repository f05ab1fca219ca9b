"""Let go of what was opened at start."""

from teammcp import Server, hookimpl

connections: list[object] = []


@hookimpl
async def shutdown(server: Server) -> None:
    connections.clear()
