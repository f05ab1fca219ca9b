"""The WebSocket behind the page of a terminal: members watch, managers type and resize.

To the browser go bytes, the screen first; and texts, as JSON, about keys that did not arrive. From the browser come
texts as of `Sent`. When the program has ended, or cannot be reached, the connection is closed with a reason, and the
browser tries again: the screen is sent anew then.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from teammcp import (
    CallDeferred,
    Context,
    Forbidden,
    InvalidInput,
    TeamError,
    WebSocket,
    WebSocketClosed,
    WebSocketRoute,
)

from ..machines import links
from ..screen import KeyName, read_keys
from . import places
from .operations import LARGEST, Side, resize_terminal, screenshot_agent, send_keys_to_agent
from .places import Place

NOT_THERE, OVER = 4404, 4410
"""Codes with which a connection is closed: there is no terminal; there is none any more."""
GATHERED = 0.15
"""Seconds for which keys are gathered after one that was sent: each call is recorded."""


class Sent(BaseModel):
    """What a browser sends: what its terminal has made of keys, or keys by name, or the size that it would like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str = Field("", max_length=LARGEST, repr=False)
    keys: list[KeyName] = Field([], max_length=20)
    size: tuple[Side, Side] | None = None


class Typing:
    """What one person types, on its way to the program: in order, and gathered while the keys follow fast.

    Args:
        send: types a text and presses keys.
    """

    def __init__(self, send: Callable[[str, list[str]], Awaitable[None]]) -> None:
        self._send = send
        self._steps: list[tuple[str, list[str]]] = []
        self._news = asyncio.Event()
        self._is_closed = False

    def add(self, text: str, names: list[str]) -> None:
        """Something is typed."""
        if self._steps and not self._steps[-1][1]:
            earlier, _ = self._steps.pop()
            text = earlier + text
        self._steps.append((text, names))
        self._news.set()

    def close(self) -> None:
        """Nothing more is typed."""
        self._is_closed = True
        self._news.set()

    async def run(self) -> None:
        """Send it until it is closed, whatever becomes of the browser: what a program was sent is to be recorded.

        The first key goes at once; those that follow it in a moment go together.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            while self._steps:
                await self._send(*self._steps.pop(0))
            if self._is_closed:
                return
            await asyncio.sleep(GATHERED)


async def terminal(socket: WebSocket, agent: str) -> None:
    """Show the terminal of an agent's program, and type into it."""
    context = socket.context
    place = await places.find(context, agent)
    await socket.accept()
    try:
        await context.call(screenshot_agent, name=place.agent)  # whoever may look at the screen may watch it
        async with links(context.team).watch(place.machine, place.agent) as written:
            await _talk(socket, place, written)
    except TeamError as error:
        socket.close(NOT_THERE, error.detail)


async def _talk(socket: WebSocket, place: Place, written: AsyncIterator[bytes]) -> None:
    async def act(operation: Any, **arguments: Any) -> None:
        """Do something as the member with the rights that it has now; the browser is told what does not work."""
        try:
            await _as_it_is(socket.context).call(operation, name=place.agent, **arguments)
        except CallDeferred:
            await tell("This has to be approved first, so it was not typed.")
        except TeamError as error:
            await tell(error.detail)

    async def tell(trouble: str) -> None:
        with suppress(WebSocketClosed):
            await socket.send(json.dumps({"error": trouble}))

    typing = Typing(lambda text, keys: act(send_keys_to_agent, text=text, keys=keys))
    sending = asyncio.create_task(typing.run())
    showing = asyncio.create_task(_show(socket, written))
    try:
        async for message in socket:
            try:
                sent = _read(message)
            except InvalidInput as error:
                await tell(error.detail)
                continue
            for text, names in [*read_keys(sent.data), ("", sent.keys)]:
                if text or names:
                    typing.add(text, names)
            if sent.size is not None:
                columns, rows = sent.size
                await act(resize_terminal, columns=columns, rows=rows)
    finally:
        typing.close()
        socket.context.team.background(_end_of(sending))
        showing.cancel()


async def _end_of(task: asyncio.Task[None]) -> None:
    await task


def _as_it_is(context: Context) -> Context:
    """The member's context with the rights that it has now; they may have changed since the connection was opened."""
    member = context.team.directory.agent(context.actor.name)
    if member is None:
        raise Forbidden("You are no member of this team any more.")
    return replace(context, actor=member)


async def _show(socket: WebSocket, written: AsyncIterator[bytes]) -> None:
    """Send what the terminal shows, and close the connection when there is no more."""
    try:
        async for data in written:
            await socket.send(data)
    except WebSocketClosed:
        return
    socket.close(OVER, "The program has ended, or its machine is not connected.")


def _read(message: str | bytes) -> Sent:
    try:
        return Sent.model_validate_json(message)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "message"
        raise InvalidInput(f"{where}: {first['msg']}") from None


ROUTES = [WebSocketRoute("/terminal/{agent}", terminal, max_message=2 * LARGEST)]
