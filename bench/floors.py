"""The floors: what the stack under the server does when nothing is asked of it. ``python -m bench.floors quart|noop``.

``quart``: a Quart application on Hypercorn with the server's own settings and event loop, with an empty JSON view
(``POST /empty``) and a bare fan-out (``GET /events``, ``POST /publish``: one queue a client, nothing stored).
``noop``: a socket that answers any request with the same bytes, for what the load generator itself can do.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any, cast

from hypercorn.asyncio import serve
from quart import Quart, Response, request

from teammcp.http.listening import hypercorn_config, listen, run

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n" + b'{"ok": true}'


def application() -> Quart:
    """The bare application."""
    app = Quart("floor")
    app.config["RESPONSE_TIMEOUT"] = None
    queues: set[asyncio.Queue[bytes]] = set()

    @app.post("/empty")
    async def empty() -> dict[str, Any]:
        return {"ok": True}

    @app.post("/publish")
    async def publish() -> dict[str, Any]:
        body = await request.get_data()
        assert isinstance(body, bytes)
        frame = b"event: message.sent\ndata: " + body + b"\n\n"
        for queue in queues:
            queue.put_nowait(frame)
        return {"ok": True}

    @app.get("/events")
    async def events() -> Response:
        async def frames() -> AsyncIterator[bytes]:
            queue: asyncio.Queue[bytes] = asyncio.Queue()
            queues.add(queue)
            try:
                yield b": connected\n\n"
                while True:
                    yield await queue.get()
            finally:
                queues.discard(queue)

        response = Response(frames(), content_type="text/event-stream")
        response.timeout = None
        return response

    return app


class Noop(asyncio.Protocol):
    """Answers whatever comes; good enough for requests that fit one packet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A request has come."""
        self._transport.write(ANSWER)


async def main(kind: str) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener = listen("127.0.0.1", 0)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    if kind == "noop":
        async with await asyncio.get_running_loop().create_server(Noop, sock=listener):
            await stop.wait()
        return
    config = hypercorn_config(listener)
    config.graceful_timeout = 0.1
    await serve(application(), config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    run(main(sys.argv[1]))
