"""Errors that are told before the protocol begins: an RFC 9457 problem document, as on every HTTP surface."""

from __future__ import annotations

import json
from http import HTTPStatus

from starlette.types import Receive, Send

from ..errors import TeamError, Unauthorized

DRAINED = 64 * 1024
"""Bytes of an unwanted body that are read, so that the client sees an answer and no broken connection."""


async def send(error: TeamError, receive: Receive, send: Send) -> None:
    """Answer a request with an error."""
    await _drain(receive)
    document = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "error": error.code,
        **error.data,
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    if error.status == HTTPStatus.UNAUTHORIZED:
        reason = b"" if error.code != Unauthorized.code else b', error="invalid_token"'
        headers.append((b"www-authenticate", b'Bearer realm="teammcp"' + reason))
    if "retry_after" in error.data:
        headers.append((b"retry-after", str(error.data["retry_after"]).encode()))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _drain(receive: Receive) -> None:
    left = DRAINED
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))
