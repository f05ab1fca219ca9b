"""A client of the server's own ``/mcp`` that outlives the server's restarts.

It speaks the 2026-07-28 revision, in which every request stands for itself: there is no connection to lose, so a
request that meets a server that is away is simply sent again.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Self

import httpx2
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import encode_header_value
from mcp.types import (
    CLIENT_CAPABILITIES_META_KEY,
    CLIENT_INFO_META_KEY,
    INTERNAL_ERROR,
    PROTOCOL_VERSION_META_KEY,
)

from ..net.transport import client_options, reason
from ..version import __version__

VERSION = "2026-07-28"
AWAY_TIMEOUT = 30.0
"""Seconds a request waits for a server that is away."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
CONNECT_TIMEOUT = 10.0
# Answers may take as long as `wait_for_messages` waits, and the server sends a sign of life every 15 s meanwhile.
READ_TIMEOUT = 60.0
AWAY = {502, 503, 504}
EVENT_LIMIT = 16 * 1024 * 1024
NAMED = {"tools/call": "name", "resources/read": "uri", "prompts/get": "name"}
"""The parameter that has to stand in the header ``Mcp-Name`` too, by method."""


class KeyRefused(Exception):
    """The server does not take the key; the message is the server's own and says why."""


class Unreachable(Exception):
    """The server did not answer."""


class NeverSent(Unreachable):
    """There was no connection to the server, so nothing can have happened."""


class Upstream:
    """Requests to one server with one key. Use it in an ``async with`` block.

    Args:
        url: the address of ``/mcp``.
        key: the agent's key.
        patience: seconds that a request waits for a server that is away.
        reader: a name for the client behind it, if that says itself which messages have arrived.
    """

    def __init__(self, url: str, key: str, patience: float = AWAY_TIMEOUT, reader: str | None = None) -> None:
        self.url = url
        self.patience = patience
        self._ids = itertools.count(1)
        named = {} if reader is None else {"teammcp-reader": reader}
        self._http = httpx2.AsyncClient(
            headers={"authorization": f"Bearer {key}", "accept": "application/json, text/event-stream", **named},
            timeout=httpx2.Timeout(CONNECT_TIMEOUT, read=READ_TIMEOUT),
            limits=httpx2.Limits(max_connections=None),
            **client_options(url),
        )
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._http)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def request(
        self, method: str, params: Mapping[str, Any], *, repeatable: bool = True, received: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Send a request and return its result, waiting for a server that is away.

        Args:
            method: that of the protocol.
            params: its parameters.
            repeatable: it does no harm to send it again when it is not known whether it arrived.
            received: ids of messages that have arrived.

        Raises:
            MCPError: the server's answer is an error. KeyRefused: the key is wrong.
            Unreachable: the server did not come back in time, or went away meanwhile.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.patience
        for pause in pauses():
            try:
                async with aclosing(self.exchange(method, params, received)) as messages:
                    async for message in messages:
                        if "result" in message:
                            result: dict[str, Any] = message["result"]
                            return result
                raise Unreachable("the server ended its answer half-way")
            except Unreachable as error:
                if not (repeatable or isinstance(error, NeverSent)) or loop.time() + pause > deadline:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    async def follow(self, uris: Sequence[str]) -> AsyncGenerator[str | None]:
        """Follow resources: None once it has begun, then each URI that has changed, for as long as one iterates.

        After a time without the server every URI counts as changed.

        Raises:
            MCPError: the server refuses. KeyRefused: the key is wrong.
        """
        params = {"notifications": {"resourceSubscriptions": list(uris)}}
        begun = False
        pause = pauses()
        while True:
            try:
                async with aclosing(self.exchange("subscriptions/listen", params)) as messages:
                    async for message in messages:
                        if message.get("method") == "notifications/resources/updated":
                            yield message["params"]["uri"]
                        elif message.get("method") == "notifications/subscriptions/acknowledged":
                            pause = pauses()
                            for uri in uris if begun else [None]:
                                yield uri
                            begun = True
            except Unreachable:
                pass  # it is away: try again
            await asyncio.sleep(next(pause))

    async def exchange(
        self, method: str, params: Mapping[str, Any], received: Sequence[int] = ()
    ) -> AsyncGenerator[dict[str, Any]]:
        """Send a request once; the messages of its answer, of which the last one has a ``result``.

        Raises:
            MCPError: the answer is an error. KeyRefused: the key is wrong. Unreachable: no answer.
        """
        headers = {"mcp-protocol-version": VERSION, "mcp-method": method}
        if method in NAMED:
            headers["mcp-name"] = encode_header_value(str(params.get(NAMED[method], "")))
        if received:
            headers["teammcp-received"] = ",".join(map(str, received))
        meta = {
            **params.get("_meta", {}),
            PROTOCOL_VERSION_META_KEY: VERSION,
            CLIENT_CAPABILITIES_META_KEY: {},
            CLIENT_INFO_META_KEY: {"name": "teammcp-connect", "version": __version__},
        }
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": {**params, "_meta": meta}}
        try:
            async with self._http.stream("POST", self.url, json=body, headers=headers) as response:
                async for message in _messages(response):
                    if "error" in message:
                        error = message["error"]
                        raise MCPError(error["code"], error["message"], error.get("data"))
                    yield message
        except httpx2.ConnectError as error:
            raise NeverSent(reason(error)) from None
        except (httpx2.TransportError, httpx2.SSEError) as error:
            raise Unreachable(reason(error)) from None


async def _messages(response: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        async for event in httpx2.EventSource(response, max_event_size=EVENT_LIMIT):
            if event.data:
                yield json.loads(event.data)
        return
    text = (await response.aread()).decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except ValueError:
        document = {"detail": text[:200]}
    if "jsonrpc" in document:
        yield document
        return
    # Not an answer of the protocol: a problem document, told before the protocol began.
    detail = str(document.get("detail", "")) or f"status {response.status_code}"
    if response.status_code == httpx2.codes.UNAUTHORIZED:
        raise KeyRefused(detail)
    if response.status_code in AWAY:
        raise NeverSent(detail)
    raise MCPError(INTERNAL_ERROR, f"The server answered with status {response.status_code}: {detail}")


def pauses() -> itertools.chain[float]:
    """Seconds to wait between attempts: longer and longer, without end."""
    growing = itertools.takewhile(
        lambda pause: pause < LONGEST_PAUSE, (FIRST_PAUSE * 2**exponent for exponent in itertools.count())
    )
    return itertools.chain(growing, itertools.repeat(LONGEST_PAUSE))


async def call(upstream: Upstream, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that only reads, for its structured content.

    Raises:
        MCPError: the tool failed; or as `Upstream.request`.
    """
    result = await upstream.request("tools/call", {"name": tool, "arguments": arguments})
    if result.get("isError"):
        raise MCPError(INTERNAL_ERROR, result["content"][0]["text"])
    content: dict[str, Any] = result["structuredContent"]
    return content
