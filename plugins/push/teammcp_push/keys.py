"""The key by which push services know this team's server (VAPID, RFC 8292): made at first use, kept as a secret."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from teammcp import Context

from .settings import PLUGIN

KEY = "vapid"
"""The name of the secret."""
VALID = 12 * 3600
"""Seconds for which a signature counts; a day at most (RFC 8292 §2)."""


async def team_key(context: Context) -> Vapid02:
    """The team's key; made now if there is none yet."""
    kept = context.secrets(PLUGIN)
    text = await context.read(kept.get, KEY)
    if text is None:
        await Context.inside(context.team).call("make_push_key")
        text = await context.read(kept.get, KEY)
    return Vapid02.from_pem(str(text).encode())


def public_key(key: Vapid02) -> str:
    """The public half, as a browser takes it: it lets nobody else send to what it allows with it."""
    raw = key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def authorization(key: Vapid02, origin: str, contact: str, now: int) -> str:
    """The header by which a push service knows who sends.

    Args:
        key: the team's.
        origin: the push service's, such as ``https://push.example``.
        contact: whom it can tell of trouble.
        now: in UTC milliseconds.
    """
    signed: dict[str, str] = key.sign({"aud": origin, "sub": contact, "exp": now // 1000 + VALID})
    return signed["Authorization"]
