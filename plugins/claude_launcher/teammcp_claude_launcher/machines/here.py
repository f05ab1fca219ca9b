"""The server's own machine, before its runner has told of it: it is there for whoever chooses where an agent lives."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from teammcp import Context, Server, StateKey

from ..homes import catalogue
from ..protocol import FoundRuntime
from ..runner.programs import EVERY, look_for
from ..settings import PLUGIN
from . import queries
from .connections import links
from .local import local_name


@dataclass
class Looked:
    """What was found on this machine, and when."""

    found: Sequence[FoundRuntime] = ()
    at: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_LOOKED: StateKey[Looked] = StateKey("claude_launcher.looked", Looked)


async def look_here(context: Context) -> None:
    """See that the team knows of the server's own machine, and of what is installed on it.

    Its runner tells better, so nothing is done while that is connected, nor where the server starts none.
    """
    server, machine = context.server, local_name(context.server)
    settings = context.settings(PLUGIN)
    if sys.platform == "win32" or not settings.local_runner or links(context.team).is_connected(machine):
        return
    found = await _programs(server)
    row = await context.read(queries.machine, machine)
    if row is None or (row["is_local"] and queries.RUNTIMES.validate_json(row["runtimes"]) != found):
        await Context.inside(context.team).call("note_local_machine", runtimes=found)


async def _programs(server: Server) -> list[FoundRuntime]:
    """What is installed here, looked for anew from time to time."""
    looked, now = server.state[_LOOKED], asyncio.get_running_loop().time()
    async with looked.lock:
        if looked.at is None or now - looked.at > EVERY:
            wanted = catalogue.runtimes(server).values()
            looked.found, looked.at = await asyncio.gather(*(look_for(runtime) for runtime in wanted)), now
    return [*looked.found]
