"""What all scripted models share: the script, and an HTTP server that streams events.

Which step comes next is read from the conversation itself (how many tool results it holds), so a repeated request gets
the same answer.

A model without a script obeys. Its steps are the lines of the last prompt that begin with ``!``:

    !call TOOL {"json": "arguments"}      call a tool            !say TEXT       end the turn with a text
    !sleep SECONDS                        before the next step   !recall WORD    say whether an earlier text has it
"""

from __future__ import annotations

import contextlib
import json
import re
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


@dataclass(frozen=True)
class Told:
    """Something that the model is told: a text, or what a tool gave."""

    text: str
    is_result: bool = False


def obey(told: list[Told]) -> tuple[Step, float]:
    """What the last prompt with orders wants next, and after how many seconds."""
    prompts = [number for number, part in enumerate(told) if not part.is_result and ORDER.search(part.text)]
    if not prompts:
        return Say("Nothing to do."), 0
    begun = prompts[-1]
    results = sum(part.is_result for part in told[begun:])
    steps: list[tuple[Step, float]] = []
    delay = 0.0
    for verb, rest in ORDER.findall(told[begun].text):
        match verb:
            case "sleep":
                delay += float(rest)
                continue
            case "call":
                tool, _, arguments = rest.partition(" ")
                steps.append((Call(tool, json.loads(arguments or "{}")), delay))
            case "recall":
                known = any(rest in part.text for part in told[:begun])
                steps.append((Say(f"{'yes' if known else 'no'}, {rest}"), delay))
            case _:
                steps.append((Say(rest), delay))
        delay = 0.0
    return steps[results] if results < len(steps) else (Say("Done."), delay)


ORDER = re.compile(r"^(?:\| ?)?!(call|say|sleep|recall) (.*)$", re.MULTILINE)


class ScriptedModel:
    """A model server on a free port of 127.0.0.1. Use it in a ``with`` block.

    Attributes:
        url: its address.
        requests: the bodies of all requests for an answer, in order.
    """

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.requests: list[dict[str, Any]] = []
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def told(self, body: dict[str, Any]) -> list[Told]:
        """What the model is told in a conversation, in its order."""
        raise NotImplementedError

    def results(self, body: dict[str, Any]) -> list[str]:
        """The tool results in a conversation, as the model sees them."""
        return [part.text for part in self.told(body) if part.is_result]

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
        step, delay = self._next(body)
        self._closed.wait(delay)
        for name, data in self.events(step):
            yield self.frame(name, data).encode()

    def _next(self, body: dict[str, Any]) -> tuple[Step, float]:
        if not body.get("tools"):  # a side question of the program, such as one for a title
            return Say("ok"), 0
        if not self.steps:
            return obey(self.told(body))
        return self.steps[min(len(self.results(body)), len(self.steps) - 1)], 0

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the program has broken the turn off
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
