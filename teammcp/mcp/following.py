"""Telling clients that a resource has changed, in both protocol eras.

A follower is a cursor into the team's hub, like any other live stream: the hub never waits for it, what
happens while its client is slow is told in one go, and nothing piles up in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY, ResourceUpdated, event_to_notification
from mcp.types import (
    INVALID_REQUEST,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenResult,
)

from ..events import Event
from ..operations import Context
from ..surfaces.streams import KEEP_ALIVE, audience
from .resources import Target

MAX_TARGETS = 256
"""How many resources one client may follow: each event is held against every one of them."""


class Follower:
    """The resources that one client follows.

    Args:
        context: of the reader.
        valid: whether the reader's key still is; asked before anything is told.
    """

    def __init__(self, context: Context, valid: Callable[[], bool]) -> None:
        self.targets: dict[str, Target] = {}
        self._context = context
        self._valid = valid
        self._may_see = audience(context.team, context.actor.name)
        self._subscription = context.team.hub.subscribe(self._wants)

    def add(self, target: Target) -> None:
        """Follow one more.

        Raises:
            TeamError: the agent may not read it. MCPError: it follows too many.
        """
        target.allow(self._context)
        if len(self.targets) >= MAX_TARGETS:
            raise MCPError(INVALID_REQUEST, f"At most {MAX_TARGETS} resources can be followed at a time.")
        self.targets[target.uri] = target

    def close(self) -> None:
        """Stop following."""
        self._subscription.close()

    async def updates(self) -> AsyncIterator[str]:
        """URIs that have changed, each once however often it has, until the server or the key ends."""
        while True:
            events = await self._subscription.next(KEEP_ALIVE)
            if self._subscription.closed or not self._valid():
                return
            for uri, target in list(self.targets.items()):
                if any(target.changed(self._context, event) for event in events):
                    yield uri

    def _wants(self, event: Event) -> bool:
        return self._may_see(event) and any(target.changed(self._context, event) for target in self.targets.values())


async def listen(
    ctx: ServerRequestContext[Any, Any], uris: Sequence[str], updates: AsyncIterator[str]
) -> SubscriptionsListenResult:
    """Serve one ``subscriptions/listen`` stream of the 2026 era, until ``updates`` to the resources end.

    Of the kinds of changes that a client may ask for, only this one ever happens: lists do not change.
    """
    meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
    await ctx.session.send_notification(
        SubscriptionsAcknowledgedNotification(
            params=SubscriptionsAcknowledgedNotificationParams(
                notifications=SubscriptionFilter(resource_subscriptions=list(uris) or None), _meta=meta
            )
        ),
        related_request_id=ctx.request_id,
    )
    async for uri in updates:
        await ctx.session.send_notification(
            event_to_notification(ResourceUpdated(uri), meta), related_request_id=ctx.request_id
        )
    return SubscriptionsListenResult(_meta=meta)


class Sessions:
    """The followers of the handshake era, whose sessions outlive their requests."""

    def __init__(self) -> None:
        self._followers: dict[int, Follower] = {}

    def get(self, ctx: ServerRequestContext[Any, Any]) -> Follower | None:
        """The session's follower, if it follows anything."""
        return self._followers.get(id(ctx.session._connection))

    def open(self, ctx: ServerRequestContext[Any, Any], new: Callable[[], Follower]) -> Follower:
        """The session's follower, if need be a new one with a task that tells the client; both end with the session.

        Raises:
            MCPError: the session was lost, so there is no stream to tell it on.
        """
        # No public name leads to the connection in mcp 2.3, and only it knows when the session ends.
        connection = ctx.session._connection
        if not connection.has_standalone_channel:
            raise MCPError(INVALID_REQUEST, "This session was lost. Initialize a new one to subscribe.")
        found = self._followers.get(id(connection))
        if found is not None:
            return found
        follower = self._followers[id(connection)] = new()
        pump = asyncio.create_task(_pump(follower, connection.send_resource_updated))

        def end() -> None:
            follower.close()
            pump.cancel()
            if self._followers.get(id(connection)) is follower:
                del self._followers[id(connection)]

        pump.add_done_callback(lambda _: end())  # the key is no longer valid, or the server stops
        connection.exit_stack.callback(end)
        return follower


async def _pump(follower: Follower, tell: Callable[[str], Awaitable[None]]) -> None:
    async for uri in follower.updates():
        await tell(uri)
