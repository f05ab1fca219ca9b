"""Handing a notice to the push service of a browser: encrypted for that browser alone (RFC 8291), signed (RFC 8292)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import http_ece
import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from teammcp import TryLater, Undeliverable, client_options

from .devices import Device
from .keys import authorization
from .settings import PushSettings

KEPT = 24 * 3600
"""Seconds for which a push service keeps a notice for a device that is away: later it is no news."""
LONGEST = 2_500
"""Bytes of a notice. Services take 4 KiB of what is encrypted (RFC 8030 §7.2), some a little less."""
GONE = (404, 410)
BUSY = (429, 500, 502, 503, 504)
PAUSE = 60.0


async def send(settings: PushSettings, key: Vapid02, device: Device, notice: bytes, *, topic: str, now: int) -> None:
    """Hand over a notice.

    Args:
        settings: the plugin's.
        key: the team's.
        device: whose browser is to show it.
        notice: what it shows, at most `LONGEST` bytes.
        topic: of one topic the newest takes the place of what the device has not got yet: up to 32 letters.
        now: in UTC milliseconds.

    Raises:
        Undeliverable: the device has taken its leave back, or its push service never takes this.
        TryLater: the service asks to wait. httpx2.HTTPError: it does not answer.
    """
    if not settings.is_service(device.host):
        raise Undeliverable(f"{device.host} is no push service that the settings allow (more_services)")
    headers = {
        "Authorization": authorization(key, device.origin, settings.contact, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT),
        "Topic": topic,
        "Urgency": "high",
    }
    options = client_options(device.origin)
    async with httpx2.AsyncClient(**options, timeout=settings.timeout_seconds, follow_redirects=False) as client:
        answer = await client.post(device.endpoint, content=encrypted(device, notice), headers=headers)
    if answer.status_code in GONE:
        raise Undeliverable("the browser takes notifications no more", gone=True)
    if answer.status_code in BUSY:
        raise TryLater(_wait(answer.headers.get("Retry-After", ""), now), f"{device.host} answers {answer.status_code}")
    if not answer.is_success:
        raise Undeliverable(f"{device.host} answers {answer.status_code}")


def encrypted(device: Device, notice: bytes) -> bytes:
    """A notice that only the device can read."""
    mine = ec.generate_private_key(ec.SECP256R1())
    sent: bytes = http_ece.encrypt(
        notice, private_key=mine, dh=device.public_key, auth_secret=device.secret, version="aes128gcm"
    )
    return sent


def _wait(said: str, now: int) -> float:
    """The seconds that a service asks to wait (RFC 9110 §10.2.3)."""
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(1.0, parsedate_to_datetime(said).timestamp() - now / 1000)
    except (ValueError, OverflowError):
        return PAUSE
