"""What all scripted models share: the script, and an HTTP server that streams events.

Which step comes next is read from the conversation itself (how many tool results it holds), so a repeated request gets
the same answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Call:
    """The model calls a tool."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Say:
    """The model ends its turn with a text."""

    text: str


Step = Call | Say
Event = tuple[str, dict[str, Any]]


class ScriptedModel:
    """A model server on a free port of 127.0.0.1. Use it in a ``with`` block.

    Attributes:
        url: its address.
        requests: the bodies of all requests for an answer, in order.
    """

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.requests: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def results(self, body: dict[str, Any]) -> list[str]:
        """The tool results in a conversation, as the model sees them."""
        raise NotImplementedError

    def events(self, step: Step) -> Iterable[Event]:
        """A step as the events of a streamed answer."""
        raise NotImplementedError

    def frame(self, name: str, data: dict[str, Any]) -> str:
        """One event of a streamed answer as text."""
        return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n"

    @property
    def seen(self) -> list[str]:
        """All tool results the model was shown."""
        return max((self.results(body) for body in self.requests), key=len, default=[])

    def _answer(self, body: dict[str, Any]) -> Iterator[bytes]:
        self.requests.append(body)
        # Without tools it is a side question of the program, such as one for a title.
        step = self.steps[min(len(self.results(body)), len(self.steps) - 1)] if body.get("tools") else Say("ok")
        for name, data in self.events(step):
            yield self.frame(name, data).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for chunk in model._answer(json.loads(body or b"{}")):
                    self.wfile.write(chunk)

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        return Handler
