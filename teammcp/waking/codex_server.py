"""What is asked of Codex's app server: of the daemon on its control socket, or of one that is started for a question.

Its protocol is JSON-RPC without the member ``jsonrpc``; on the control socket each message is a WebSocket's.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

SECONDS = 10.0
CLIENT = {"clientInfo": {"name": "teammcp", "version": "1"}, "capabilities": {"experimentalApi": True}}
"""Who asks. The calls about queues and hooks are marked experimental, and refused to whoever does not say this."""


class Refusal(Exception):
    """The app server does not do what it was asked; its words."""


class _Line(Protocol):
    def send(self, text: str) -> None:
        """Send one message."""

    def receive(self) -> str:
        """The next one."""

    def close(self) -> None:
        """End it."""


class AppServer:
    """A connection to an app server. What it tells unasked is passed over.

    Raises:
        OSError: there is none, or it has gone away.
        Refusal: it refuses a call.
    """

    def __init__(self, line: _Line) -> None:
        self._line, self._calls = line, 0
        self.call("initialize", CLIENT)
        self._say({"method": "initialized"})

    def call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The result of a call."""
        self._calls += 1
        self._say({"id": self._calls, "method": method, "params": arguments})
        while True:
            answer = self._heard()
            if answer.get("id") != self._calls or "method" in answer:
                continue
            if "error" in answer:
                error = answer["error"]
                raise Refusal(str(error.get("message", "")) if isinstance(error, dict) else "")
            result = answer.get("result")
            return result if isinstance(result, dict) else {}

    def close(self) -> None:
        """End the connection."""
        self._line.close()

    def _say(self, message: Mapping[str, Any]) -> None:
        self._line.send(json.dumps(message))

    def _heard(self) -> dict[str, Any]:
        try:
            found = json.loads(self._line.receive())
        except ValueError:
            raise OSError("it does not speak JSON") from None
        return found if isinstance(found, dict) else {}


def daemon(path: Path) -> AppServer:
    """The one that listens on a control socket; to be closed."""
    line = _WebSocket(path)
    try:
        return AppServer(line)
    except BaseException:
        line.close()
        raise


class _WebSocket:
    """Texts over a WebSocket on a Unix socket."""

    def __init__(self, path: Path) -> None:
        from wsproto import ConnectionType, WSConnection
        from wsproto.events import AcceptConnection, Request

        self._peer, self._protocol = socket.socket(socket.AF_UNIX), WSConnection(ConnectionType.CLIENT)
        self._events = self._heard()
        try:
            self._peer.settimeout(SECONDS)
            self._peer.connect(os.path.realpath(path))  # a link where the path is too long for a socket
            self._peer.sendall(self._protocol.send(Request(host="localhost", target="/")))
            if not isinstance(next(self._events), AcceptConnection):
                raise OSError("it accepts no WebSocket")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._peer.close()

    def send(self, text: str) -> None:
        from wsproto.events import TextMessage

        self._peer.sendall(self._protocol.send(TextMessage(data=text)))

    def receive(self) -> str:
        from wsproto.events import TextMessage

        text = ""
        for event in self._events:
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    return text
        raise OSError("it has closed the connection")

    def _heard(self) -> Iterator[Any]:
        from wsproto.events import CloseConnection, Ping, RejectConnection
        from wsproto.utilities import ProtocolError

        while True:
            try:
                self._protocol.receive_data(self._peer.recv(65536) or None)
                events = [*self._protocol.events()]
            except ProtocolError:
                raise OSError("it does not speak WebSocket") from None
            for event in events:
                if isinstance(event, CloseConnection | RejectConnection):
                    raise OSError("it has closed the connection")
                if isinstance(event, Ping):
                    self._peer.sendall(self._protocol.send(event.response()))
                else:
                    yield event


@contextmanager
def started(program: str, environment: Mapping[str, str], folder: Path | None = None) -> Iterator[AppServer]:
    """One that is started for a few questions, and ended with them. It knows what is on the disk.

    Args:
        program: the path of Codex.
        environment: for it.
        folder: for it; None for our own.
    """
    with subprocess.Popen(  # noqa: S603
        [program, "app-server"],
        env={**environment},
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            yield AppServer(_Pipes(process.stdin, process.stdout))
        finally:
            late.cancel()
            process.kill()


class _Pipes:
    def __init__(self, questions: IO[bytes] | None, answers: IO[bytes] | None) -> None:
        if questions is None or answers is None:
            raise OSError("it has no pipes")
        self._input, self._output = questions, answers

    def send(self, text: str) -> None:
        self._input.write(text.encode() + b"\n")
        self._input.flush()

    def close(self) -> None:
        self._input.close()

    def receive(self) -> str:
        line = self._output.readline()
        if not line:
            raise OSError("it has ended")
        return line.decode("utf-8", "replace")


def trusted(server: AppServer, folder: Path, commands: Sequence[str]) -> dict[str, bool]:
    """Our hooks in a folder as Codex finds them: the event, and whether it runs them, which their user has to allow.

    Args:
        commands: what our hooks run.
    """
    entries = server.call("hooks/list", {"cwds": [str(folder)]}).get("data")
    hooks = [hook for entry in (entries if isinstance(entries, list) else ()) for hook in entry.get("hooks", ())]
    return {
        str(hook.get("eventName")): bool(hook.get("enabled")) and hook.get("trustStatus") in {"trusted", "managed"}
        for hook in hooks
        if hook.get("command") in commands
    }


def waiting_lines(server: AppServer, thread: str) -> list[str]:
    """The texts that wait in the queue of a conversation."""
    found = server.call("thread/queue/list", {"threadId": thread}).get("data")
    return [
        str(part["text"])
        for each in (found if isinstance(found, list) else ())
        for part in each.get("input", ())
        if isinstance(part.get("text"), str)
    ]
