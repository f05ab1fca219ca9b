"""``teammcp connect``: an MCP server on stdin and stdout, in front of a TeamMCP server somewhere else.

For clients that start their servers as programs. It answers in either protocol era, keeps its client connected while
the server restarts, and hands messages to a running model where the client takes them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import anyio
from anyio.abc import ObjectReceiveStream
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions
from mcp.server.lowlevel import Server as ProtocolServer
from mcp.server.session import ServerSession
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp.types import (
    CLIENT_INFO_META_KEY,
    INTERNAL_ERROR,
    METHOD_NOT_FOUND,
    CallToolRequestParams,
    CallToolResult,
    CancelledNotificationParams,
    EmptyResult,
    ErrorData,
    Implementation,
    JSONRPCError,
    JSONRPCRequest,
    NotificationParams,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ServerCapabilities,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    TextContent,
    UnsubscribeRequestParams,
)

from ..net.addresses import ServerAddress
from ..operations import IDEM_KEY
from ..surfaces.reader_headers import MOST_IDS
from ..version import __version__
from ..waking.beside import waking
from . import channel
from .answers import Answers
from .following import listen
from .lines import Lines
from .server import HANDED, INSTRUCTIONS, McpServer
from .upstream import KeyRefused, Unreachable, Upstream

WRONG_KEY = 1
"""Exit code, as of every command to which the server says no."""
FIRST_LOOK = 5.0
"""Seconds the server has at the start to refuse the key; if it is away, the bridge waits for it while it serves."""
LAST_ANSWERS = 2.0
"""Seconds that answers have when the input has ended: who pipes requests in ends it right behind the last of them."""
PUSHED = (
    ' A <channel source="teammcp" sender="…" channel="…"> is a message that has just come for you: answer it with '
    "send_message or send_dm."
)

Ctx = ServerRequestContext[Any, Any]
Frame = SessionMessage | Exception

log = logging.getLogger(__name__)


async def run_bridge(url: str, key: str) -> int:
    """Serve the client on stdin and stdout until it closes stdin; the exit code.

    Args:
        url: the server's address, with or without ``/mcp``; a query (``?tools=core``) is passed on.
        key: the agent's key.

    Raises:
        InvalidInput: the address is none, or the proxy in the environment cannot be used.
    """
    address = mcp_address(url)
    reader = f"connect:{uuid.uuid4().hex}"
    async with Upstream(address, key, reader=reader) as upstream, Upstream(address.partition("?")[0], key) as own:
        try:
            with suppress(Unreachable, TimeoutError):
                async with asyncio.timeout(FIRST_LOOK):
                    await own.request("server/discover", {}, repeatable=False)
        except KeyRefused as error:
            print(f"The server at {url} refuses the key in TEAMMCP_KEY: {error}", file=sys.stderr)  # noqa: T201
            return WRONG_KEY
        bridge = Bridge(upstream, own)
        lines = Lines(anyio.wrap_file(sys.stdin.buffer))
        standard: Any = stdio_server(stdin=lines)  # type: ignore[arg-type]  # it reads lines, and that is all
        async with standard as (read, write), _for_channels(read, answers := Answers(write), lines) as frames:
            with waking(os.environ, ServerAddress.parse(url).base, key):
                await bridge.server.run(frames, answers, bridge.server.create_initialization_options())
    return 0


def mcp_address(url: str) -> str:
    """The address of ``/mcp`` for a server's address.

    Raises:
        InvalidInput: it is none.
    """
    return ServerAddress.parse(url).mcp


class BridgeServer(McpServer):
    """Says that it pushes messages too."""

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> ServerCapabilities:
        return super().get_capabilities(
            notification_options, {channel.CAPABILITY: {}}, extensions, protocol_version=protocol_version
        )


class Bridge:
    """One client downstream, one server upstream.

    Args:
        upstream: with the query that the client's user has chosen.
        own: the same without it, for what the bridge asks itself.
    """

    def __init__(self, upstream: Upstream, own: Upstream) -> None:
        self._upstream = upstream
        self._own = own
        self._keyed: frozenset[str] | None = None
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._pushing: asyncio.Task[None] | None = None
        self._handed: dict[str, list[int]] = {}
        """By the client's calls, the messages in their results of which it has shown no sign yet."""
        self.server = BridgeServer(
            "teammcp",
            version=__version__,
            title="TeamMCP",
            instructions=INSTRUCTIONS + PUSHED,
            lifespan=self._lifespan,
            on_list_tools=self._forward,
            on_call_tool=self._call_tool,
            on_list_resources=self._forward,
            on_list_resource_templates=self._forward,
            on_read_resource=self._forward,
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._unsubscribe,
            on_subscriptions_listen=self._listen,
        )
        self.server.add_notification_handler("notifications/initialized", NotificationParams, self._initialized)
        self.server.add_notification_handler("notifications/cancelled", CancelledNotificationParams, self._cancelled)
        self.server.middleware.clear()

    @asynccontextmanager
    async def _lifespan(self, server: ProtocolServer[Any]) -> AsyncIterator[None]:
        yield
        tasks = [*self._followed.values(), *([self._pushing] if self._pushing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- requests ------------------------------------------------------------------------------------------------------

    async def _forward(self, ctx: Ctx, params: PaginatedRequestParams | ReadResourceRequestParams | None) -> Any:
        given = {key: value for key, value in (ctx.params or {}).items() if key != "_meta"}
        try:
            return await self._upstream.request(ctx.method, given)
        except (KeyRefused, Unreachable) as error:
            raise MCPError(INTERNAL_ERROR, self._explain(error)) from error

    async def _call_tool(self, ctx: Ctx, params: CallToolRequestParams) -> Any:
        arguments = dict(params.arguments or {})
        try:
            if params.name in await self._keyed_tools():
                # With a key of its own the call can be sent again when its answer was lost.
                arguments.setdefault(IDEM_KEY, uuid.uuid4().hex)
            return await self._request_tool(ctx, params.name, arguments)
        except (KeyRefused, Unreachable) as error:
            return CallToolResult(content=[TextContent(text=self._explain(error))], is_error=True)

    async def _request_tool(self, ctx: Ctx, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool. That the client calls one shows that it has read the results of those before."""
        received = [message_id for ids in self._handed.values() for message_id in ids][:MOST_IDS]
        params = {"name": name, "arguments": arguments}
        result = await self._upstream.request("tools/call", params, received=received)
        self._handed = {call: left for call, ids in self._handed.items() if (left := [*{*ids}.difference(received)])}
        if handed := result.get("_meta", {}).get(HANDED):
            self._handed[str(ctx.request_id)] = handed
        return result

    async def _cancelled(self, ctx: Ctx, params: CancelledNotificationParams) -> None:
        """The client has given a call up: what its result hands over has not arrived."""
        self._handed.pop(str(params.request_id), None)

    async def _keyed_tools(self) -> frozenset[str]:
        """The tools that are not to be done twice: those that take a key against it."""
        if self._keyed is None:
            listed = await self._own.request("tools/list", {})
            self._keyed = frozenset(
                tool["name"] for tool in listed["tools"] if IDEM_KEY in tool["inputSchema"].get("properties", {})
            )
        return self._keyed

    def _explain(self, error: KeyRefused | Unreachable) -> str:
        if isinstance(error, KeyRefused):
            return f"The TeamMCP server refuses the key in TEAMMCP_KEY: {error}"
        return f"The TeamMCP server at {self._own.url} cannot be reached ({error}). Try again later."

    # -- following -----------------------------------------------------------------------------------------------------

    async def _subscribe(self, ctx: Ctx, params: SubscribeRequestParams) -> EmptyResult:
        uri = str(params.uri)
        if uri not in self._followed:
            begun = asyncio.get_running_loop().create_future()
            self._followed[uri] = asyncio.create_task(self._notify(ctx.session, uri, begun))
            try:
                await begun
            except KeyRefused as error:
                raise MCPError(INTERNAL_ERROR, self._explain(error)) from error
        return EmptyResult()

    async def _notify(self, session: ServerSession, uri: str, begun: asyncio.Future[None]) -> None:
        """Tell a client of the handshake era of each change of one resource."""
        try:
            async with aclosing(self._upstream.follow([uri])) as updates:
                async for changed in updates:
                    if changed is None:
                        begun.set_result(None)
                    else:
                        await session.send_resource_updated(changed)
        except (KeyRefused, MCPError) as error:
            if begun.done():
                log.warning("%s is not followed any more: %s", uri, error)
            else:
                begun.set_exception(error)
        finally:
            self._followed.pop(uri, None)

    async def _unsubscribe(self, ctx: Ctx, params: UnsubscribeRequestParams) -> EmptyResult:
        task = self._followed.pop(str(params.uri), None)
        if task is not None:
            task.cancel()
        return EmptyResult()

    async def _listen(self, ctx: Ctx, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        uris = [str(uri) for uri in params.notifications.resource_subscriptions or ()]
        async with aclosing(self._upstream.follow(uris)) as updates:
            try:
                await anext(updates)  # the server has agreed
            except KeyRefused as error:
                raise MCPError(INTERNAL_ERROR, self._explain(error)) from error
            return await listen(ctx, uris, (uri async for uri in updates if uri is not None))

    async def _initialized(self, ctx: Ctx, params: NotificationParams | None) -> None:
        client = ctx.session.client_params
        if self._pushing is None and client is not None and channel.takes_channel(client.client_info):
            self._pushing = asyncio.create_task(self._push(ctx.session))

    async def _push(self, session: ServerSession) -> None:
        try:
            await channel.push(session, self._own)
        except (KeyRefused, MCPError) as error:
            log.warning("messages are not pushed any more: %s", error)


@asynccontextmanager
async def _for_channels(read: Any, answers: Answers, lines: Lines) -> AsyncIterator[ObjectReceiveStream[Frame]]:
    """The client's frames, without the question for the 2026 era from clients that take messages pushed.

    They take them in the handshake era only, and turn to it when that question is not understood.
    """
    send, receive = anyio.create_memory_object_stream[Frame]()

    async def pass_on() -> None:
        async with send:
            async for frame in read:
                request = frame.message if isinstance(frame, SessionMessage) else None
                answers.expect(request)
                if isinstance(request, JSONRPCRequest) and _discovers_for_channel(request):
                    error = ErrorData(code=METHOD_NOT_FOUND, message="Method not found")
                    await answers.send(SessionMessage(JSONRPCError(jsonrpc="2.0", id=request.id, error=error)))
                else:
                    await send.send(frame)
            await answers.all_given(LAST_ANSWERS)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lines.answer_refused, answers)
        tasks.start_soon(pass_on)
        yield receive
        tasks.cancel_scope.cancel()


def _discovers_for_channel(request: JSONRPCRequest) -> bool:
    if request.method != "server/discover":
        return False
    info = ((request.params or {}).get("_meta") or {}).get(CLIENT_INFO_META_KEY) or {}
    return channel.takes_channel(Implementation(name=str(info.get("name", "")), version=""))
