"""MCP clients of a test's server, over real sockets, because streams need them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx2
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPDeprecationWarning

from teammcp.app import TeamApp
from teammcp.http.asgi import Application, Receive, Scope, Send

Era = Literal["legacy", "2026-07-28"]
ERAS: tuple[Era, ...] = ("legacy", "2026-07-28")
VERSION = "2025-11-25"


@asynccontextmanager
async def listening(app: TeamApp) -> AsyncIterator[str]:
    """Serve an application that a fixture has started already; yields the address of ``/mcp``."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None
    stop = asyncio.Event()

    async def trigger() -> None:
        await stop.wait()
        await app.end_streams()

    task = asyncio.create_task(serve(_without_lifespan(app), config, shutdown_trigger=trigger))  # type: ignore[arg-type]
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        stop.set()
        await task


def _without_lifespan(app: TeamApp) -> Application:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)  # type: ignore[arg-type]
            return
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    return application


@asynccontextmanager
async def http_client(key: str) -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client that sends a key."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(10, read=30), trust_env=False) as client:
        yield client


@asynccontextmanager
async def mcp_client(url: str, key: str, era: Era, **options: Any) -> AsyncIterator[Client]:
    """A connected client of the SDK."""
    async with (
        http_client(key) as http,
        Client(streamable_http_client(url, http_client=http), mode=era, **options) as client,
    ):
        yield client


async def open_session(http: httpx2.AsyncClient, url: str) -> dict[str, str]:
    """Begin a session of the handshake era by hand; the headers of its requests."""
    answer = await rpc(
        http,
        url,
        "initialize",
        {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
    )
    return {"mcp-session-id": answer.headers["mcp-session-id"], "mcp-protocol-version": VERSION}


async def rpc(
    http: httpx2.AsyncClient, url: str, method: str, params: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx2.Response:
    """Send one request of the handshake era by hand."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    accept = {"accept": "application/json, text/event-stream"}
    return await http.post(url, json=body, headers={**accept, **(headers or {})})


def message(answer: httpx2.Response) -> dict[str, Any]:
    """The one message of an answer, whether it came alone or as a stream of one event."""
    data = next((line[6:] for line in answer.text.splitlines() if line.startswith("data: {")), answer.text)
    found: dict[str, Any] = json.loads(data)
    return found


async def subscribe(client: Client, uri: str) -> None:
    """Subscribe to a resource in the handshake era. The SDK warns its users, because the next one has another way."""
    with pytest.warns(MCPDeprecationWarning):
        await client.subscribe_resource(uri)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
