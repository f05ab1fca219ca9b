"""JSON-RPC over standard input and output, one message a line."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

LONGEST = 64 * 1024 * 1024
"""Bytes of a line."""

UNKNOWN_METHOD, INTERNAL = -32601, -32603

Handler = Callable[[dict[str, Any]], Awaitable[Any]]


class RpcError(Exception):
    """A request is refused; the code is JSON-RPC's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Wire:
    """The connection to whoever has started the agent.

    Args:
        handlers: what answers each method; of a notification the answer is dropped.
    """

    def __init__(self, handlers: dict[str, Handler]) -> None:
        self._handlers = handlers
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer until standard input ends."""
        reader = asyncio.StreamReader(limit=LONGEST)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            message = json.loads(line)
            if "method" not in message:
                self._settle(message)
                continue
            task = asyncio.create_task(self._handle(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(0)  # so that requests begin in their order

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Tell something."""
        self._write({"method": method, "params": params})

    async def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Ask something, and wait for the answer.

        Raises:
            RpcError: it is refused.
        """
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._write({"id": number, "method": method, "params": params})
        return await answer

    async def _handle(self, message: dict[str, Any]) -> None:
        try:
            handler = self._handlers.get(message["method"])
            if handler is None:
                raise RpcError(UNKNOWN_METHOD, f"Method not found: {message['method']}")
            answer = {"result": await handler(message.get("params") or {})}
        except RpcError as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
        except Exception as error:  # noqa: BLE001 - whoever asks is not to wait for ever
            traceback.print_exc()
            answer = {"error": {"code": INTERNAL, "message": f"A fault of mine: {error!r}"}}
        if "id" in message:
            self._write({"id": message["id"], **answer})

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._asked.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(RpcError(message["error"]["code"], message["error"]["message"]))
        else:
            answer.set_result(message.get("result"))

    def _write(self, message: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
