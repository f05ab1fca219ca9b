"""The ASGI layers that plugins put before the application: what one of them breaks is told, counted and contained."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import PluginFailed
from ..http.asgi import Application, Message, Receive, Scope, Send, reject_websocket, respond_problem
from . import PluginManager

OPENINGS = {"http.response.start", "websocket.accept", "websocket.close", "websocket.http.response.start"}


class _Passed(Exception):
    """An error of what lies behind a wrapper, on its way through it."""


def contain(
    plugins: PluginManager, name: str, wrap: Callable[[Application], Application]
) -> Callable[..., Application]:
    """``wrap`` as it can be trusted: an exception of its own is counted against the plugin ``name`` and answered.

    The request goes no further then: the wrapper may stand there to keep somebody out. Errors of what lies behind it
    pass, and so do those after the answer has begun, of which nothing is left but to break it off.
    """

    def contained(inner: Application) -> Application:
        living = False  # whether the lifespan of what lies behind has begun

        async def behind(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal living
            living = living or scope["type"] == "lifespan"
            try:
                await inner(scope, receive, send)
            except Exception as error:
                raise _Passed from error

        wrapped = wrap(behind)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            begun = False

            async def watched(message: Message) -> None:
                nonlocal begun
                begun = begun or message["type"] in OPENINGS
                await send(message)

            try:
                await wrapped(scope, receive, watched)
            except _Passed as passed:
                raise passed.__cause__ or passed from None
            except Exception:
                plugins.count_fault(name, "asgi_wrapper")
                if scope["type"] != "lifespan":
                    await _refuse(name, scope, send, begun)
                elif not living:
                    await inner(scope, receive, send)

        return application

    return contained


async def _refuse(name: str, scope: Scope, send: Send, begun: bool) -> None:
    error = PluginFailed(f"The plugin '{name}' failed while it handled this request. The server's log says why.")
    if begun:  # cut off, so that the client does not take what it has for the whole
        raise error
    if scope["type"] == "websocket":
        await reject_websocket(send, error)
    else:
        await respond_problem(send, error)
