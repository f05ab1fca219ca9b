"""What request bodies hold: one JSON object or one multipart form."""

from __future__ import annotations

import io
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from ..errors import InvalidInput
from ..http.connection import Headers
from ..http.errors import UnsupportedMedia
from ..text.wellformed import TooDeep, read_json

MAX_PARTS = 32


def parse(headers: Headers, body: bytes, *, forms: bool = False) -> tuple[dict[str, Any], bool]:
    """The arguments in a body, and whether they are typed (JSON) or all text and bytes (a form).

    A body says that it is JSON, because a page of another site cannot make a browser say so without asking first. Forms
    need no asking; they are taken (``forms``) only where files come in them.

    Raises:
        InvalidInput: the body is malformed. UnsupportedMedia: it is neither JSON nor a multipart form.
    """
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    if content_type == "application/json":  # what nearly all clients send
        return parse_json(body), True
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    if kind == "multipart/form-data":
        form = _parse_form(body, options)
        if not forms:
            raise UnsupportedMedia("No file comes here. Send the arguments as JSON, not as a form.")
        return form, False
    if not body:
        return {}, True
    if kind != "application/json" and not kind.endswith("+json"):
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
