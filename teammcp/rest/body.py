"""Reading request bodies: within limits of size, depth and time, as one JSON object or one multipart form."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from ..asgi import Receive, drain
from ..connection import Disconnected
from ..errors import InvalidInput, TooLarge
from ..wellformed import TooDeep, read_json
from .errors import RequestTimeout, UnsupportedMedia

MAX_PARTS = 32
TIMEOUT = 60
"""Seconds a client may take to send a body."""

Headers = dict[bytes, bytes]


async def read(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it has more than ``limit`` bytes. RequestTimeout, Disconnected: it did not come.
    """
    declared = int(headers.get(b"content-length", b"0"))
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(TIMEOUT):
            while declared <= limit and size <= limit:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                part = message.get("body", b"")
                size += len(part)
                parts.append(part)
                if not message.get("more_body", False):
                    if size > limit:
                        break
                    return b"".join(parts)
            await drain(receive)
    except TimeoutError:
        raise RequestTimeout(f"The body did not arrive within {TIMEOUT} s.") from None
    raise TooLarge(f"The body is larger than {limit} bytes.", limit=limit)


def parse(headers: Headers, body: bytes) -> tuple[dict[str, Any], bool]:
    """The arguments in a body, and whether they are typed (JSON) or all text and bytes (a form).

    Raises:
        InvalidInput: the body is malformed. UnsupportedMedia: it is neither JSON nor a multipart form.
    """
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    if content_type == "application/json":  # what nearly all clients send
        return parse_json(body), True
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    if kind == "multipart/form-data":
        return _parse_form(body, options), False
    if not body:
        return {}, True
    if content_type and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMedia("Send the arguments as JSON, with 'Content-Type: application/json'.")
    if options.get("charset", "utf-8").lower().replace("-", "") != "utf8":
        raise UnsupportedMedia("JSON is UTF-8; send no other charset.")
    return parse_json(body), True


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``; an empty body counts as an empty object.

    Raises:
        InvalidInput: not JSON, not an object, not UTF-8, or nested too deep.
    """
    if not body:
        return {}
    try:
        value = read_json(body)
    except TooDeep as error:
        raise InvalidInput(f"body: {error}.", code="invalid_json") from None
    except ValueError as error:
        raise InvalidInput(f"body: not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(value, dict):
        raise InvalidInput('body: must be a JSON object, such as {"name": "value"}.', code="invalid_json")
    return value


def _parse_form(body: bytes, options: dict[str, str]) -> dict[str, Any]:
    # In memory, where the body is already: the parser's own choice is a temporary file.
    parser = FormDataParser(lambda *_, **__: io.BytesIO(), max_form_parts=MAX_PARTS, silent=False)
    try:
        _, form, files = parser.parse(io.BytesIO(body), "multipart/form-data", len(body), options)
    except (ValueError, HTTPException):
        raise InvalidInput("body: not a valid multipart form.", code="invalid_form") from None
    repeated = [name for name in [*form, *files] if len(form.getlist(name)) + len(files.getlist(name)) > 1]
    if repeated:
        raise InvalidInput(f"{repeated[0]}: is in the form more than once.", code="invalid_form")
    arguments: dict[str, Any] = form.to_dict()
    for name, file in files.items():
        arguments[name] = file.stream.read()
        if name == "content" and file.filename:
            arguments.setdefault("name", file.filename)
    return arguments
