"""What a browser gives as its address: where its push service takes something for it, and the keys to encrypt that."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

POINT = 65
"""Bytes of a public key: a point of P-256, uncompressed."""
SECRET = 16


@dataclass(frozen=True)
class Device:
    """One browser on one device.

    Attributes:
        endpoint: the address at its push service, which is secret: whoever knows it can send there.
        public_key: 65 bytes.
        secret: 16 bytes.
    """

    endpoint: str
    public_key: bytes
    secret: bytes

    @property
    def host(self) -> str:
        """The push service's."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def origin(self) -> str:
        """The push service's, as a signature names it."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    def text(self) -> str:
        """As it is kept."""
        keys = {"p256dh": _encoded(self.public_key), "auth": _encoded(self.secret)}
        return json.dumps({"endpoint": self.endpoint, "keys": keys}, separators=(",", ":"))


def read(text: str) -> Device:
    """A device of what its browser gives: a PushSubscription as JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        given = json.loads(text)
        endpoint, keys = given["endpoint"], given["keys"]
        public_key, secret = _decoded(keys["p256dh"]), _decoded(keys["auth"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise ValueError("a browser gives this itself: allow notifications on the page Push") from None
    parts = urlsplit(endpoint) if isinstance(endpoint, str) and endpoint.isascii() and endpoint.isprintable() else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise ValueError("its endpoint must be an address of a push service")
    if len(public_key) != POINT or len(secret) != SECRET:
        raise ValueError("its keys are not those of a browser")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        raise ValueError("its keys are not those of a browser") from None
    return Device(endpoint, public_key, secret)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
