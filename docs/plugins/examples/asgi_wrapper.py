"""Stand in front of the whole application: add a header to every answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from teammcp import Server, hookimpl

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@hookimpl
def asgi_wrapper(server: Server) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def wrapped(scope: Message, receive: Any, send: Any) -> None:
            async def send_with_header(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-served-by", b"teammcp")]
                await send(message)

            await app(scope, receive, send_with_header)

        return wrapped

    return wrap
