"""How a run's program is started, and who hears of it meanwhile that it is not ready."""

from __future__ import annotations

import asyncio
import os

from teammcp import Children, Launch, McpServer, ServerAddress, Session, private_folder

from ...entries import Started
from .. import workspaces
from ..environment import KEY, from_scratch
from ..host import Host
from . import texts
from .bells import unless
from .deliveries import Deliveries
from .hearing import Hearing
from .veil import Veil, Veiled

MCP_NAME = "teammcp"


async def launch(host: Host, run: int, heard: Hearing, veil: Veil, children: Children) -> tuple[Session, Started]:
    """Start a run's program, and find out meanwhile what it is.

    Raises:
        NotInstalled, StartFailed, TeamError, OSError, ValueError: why there is none.
    """
    home, runtime = heard.home, host.runtimes[heard.home.runtime]
    private = host.folder / "private" / home.agent
    private_folder(private)
    place = await workspaces.prepare(host, home)
    wanted = Launch(
        agent=home.agent,
        run=run,
        folder=place.folder,
        private=private,
        environment=from_scratch(os.environ, home.environment, url=host.url, key=home.key, agent=home.agent),
        options=runtime.Options.model_validate(home.options),
        model=home.model,
        guide=texts.guide(home, place.note),
        conversation=home.conversation if runtime.capabilities.resume else None,
        policy=home.policy,
        mcp=McpServer(MCP_NAME, ServerAddress.parse(host.url).mcp, KEY),
        children=children,
    )
    finding = asyncio.ensure_future(runtime.find(wanted.options, wanted.environment.get("PATH", os.defpath)))
    try:
        session = await runtime.start(wanted, Veiled(heard, veil))
        program = await finding
    finally:
        finding.cancel()
    about = Started(pid=session.pid, program=program.path, version=program.version, folder=str(wanted.folder))
    return session, about


async def tell_of_silence(host: Host, heard: Hearing, deliveries: Deliveries) -> None:
    """Tell, until cancelled, whoever waits for a program that is not ready in time for what they have sent.

    The time of a message counts from when its program began to be started, also if it is started more than once.
    """
    while True:
        news, now = deliveries.news.next, host.clock.passed()
        seconds = heard.home.limits.sign_seconds
        late, soon = [], []
        for kept in [*deliveries.unfinished(), *deliveries.waiting()]:
            kept.starts_since = now if kept.starts_since is None else kept.starts_since
            due = kept.starts_since + seconds
            if due > now:
                soon.append(due - now)
            elif not kept.is_told:
                late.append(kept)
        if late:
            heard.show_silence(late)
        await unless(news.wait(), *([host.clock.sleep(min(soon))] if soon else []))
