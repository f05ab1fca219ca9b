"""`TeamApp`: the whole application as one Quart app, and what its surfaces leave with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from quart import Quart

from .errors import StartError
from .http.asgi import Application

if TYPE_CHECKING:
    from .http.middleware import RequestGuard
    from .server import Server


class TeamApp(Quart):
    """The whole application. ``app.server`` is open while the application is serving."""

    server: Server
    guard: RequestGuard

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name, static_folder=None)
        self.config["RESPONSE_TIMEOUT"] = None  # it would cut live streams
        self.stream_enders: list[Callable[[], Awaitable[None]]] = []
        """What a surface does to end its own long-lived answers when the server stops."""
        self.start_failure: Exception | None = None
        """Why the server could not be opened: ASGI's lifespan protocol carries only its text."""

    def log_exception(self, exception_info: Any) -> None:
        """Log what nobody has caught, but for why the server does not start: whoever starts it tells that."""
        if not isinstance(exception_info[1], StartError):
            super().log_exception(exception_info)

    def stand_before(self, wrap: Callable[[Application], Application]) -> None:
        """Put an ASGI layer before everything that is there so far."""
        self.asgi_app = wrap(cast(Application, self.asgi_app))  # type: ignore[method-assign, assignment]

    async def end_streams(self) -> None:
        """End all live streams, so that a stop does not wait for their readers."""
        self.server.end_streams()
        for end in self.stream_enders:
            await end()
