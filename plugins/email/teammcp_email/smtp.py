"""Handing one mail to the server that sends, and what its answer means."""

from __future__ import annotations

import re
from email.message import EmailMessage

import aiosmtplib

from teammcp import Undeliverable

from .settings import EmailSettings

_NO_MAILBOX = re.compile(r"\A5\.1\.(?:1|6|10)\b")
"""Enhanced codes (RFC 3463, 7505) that say for sure that there is no such mailbox: none, moved away, takes no mail."""


async def send(settings: EmailSettings, message: EmailMessage, recipient: str) -> None:
    """Send ``message`` to one recipient. On return the server has accepted it.

    Raises:
        Undeliverable: the recipient or the mail was refused for good.
        Exception: anything else, such as no connection, a wrong password or a temporary refusal: try again.
    """
    try:
        await aiosmtplib.send(
            message,
            sender=settings.sender,
            recipients=[recipient],
            hostname=settings.host,
            port=settings.smtp_port,
            username=settings.user or None,
            password=None if settings.password is None else settings.password.get_secret_value(),
            timeout=settings.timeout_seconds,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=None if settings.tls == "none" else settings.tls_context(),
        )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        first = refused.recipients[0]
        if first.code < 500:
            raise
        gone = _NO_MAILBOX.match(first.message) is not None
        raise Undeliverable(f"the address was refused: {first.code} {first.message}"[:300], gone=gone) from None
    except aiosmtplib.SMTPDataError as refused:
        if refused.code < 500:
            raise
        raise Undeliverable(f"the mail was refused: {refused.code} {refused.message}"[:300]) from None
