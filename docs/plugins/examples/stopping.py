"""End long answers of your own, so that the server need not wait for them when it stops."""

import asyncio

from teammcp import Server, hookimpl

stopped = asyncio.Event()
"""What a stream of this plugin waits for besides its news."""


@hookimpl
def stopping(server: Server) -> None:
    stopped.set()
