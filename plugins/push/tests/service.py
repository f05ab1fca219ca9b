"""A push service of the tests, and the browser at its other end, which can read what comes."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Service:
    """What has come, and what it answers.

    Attributes:
        came: of each request its headers and its body.
        status: the status of its answers.
        headers: more headers of them.
    """

    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def start(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.came.append((dict(self.headers.items()), body))
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    async def has_come(self, number: int) -> None:
        """Wait until so many have."""
        async with asyncio.timeout(20):
            while len(self.came) < number:  # noqa: ASYNC110 - another thread counts
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Browser:
    """A device: it gives an address, and reads what comes there."""

    def __init__(self, service: Service, name: str = "device") -> None:
        self._service = service
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        self.path = f"/{name}"

    def subscription(self) -> str:
        """As a browser gives it."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encoded(point), "auth": encoded(self._secret)}
        return json.dumps({"endpoint": self._service.url + self.path, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> dict[str, Any]:
        """A notice that came."""
        text = http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")
        found: dict[str, Any] = json.loads(text)
        return found
