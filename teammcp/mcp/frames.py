"""Messages of the protocol as they come in, over HTTP or standard input: mended where that can be done, else answered.

The SDK drops a line that it cannot parse, takes a request with a wrong id for a notification, and keeps answers by id;
whoever sent such a message waits for ever. The rules are those of JSON-RPC 2.0 and of MCP, where an id is a text or a
whole number.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mcp.types import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError

from ..text.wellformed import MAX_DEPTH, TooDeep, read_json, whole_json

LEVELS = MAX_DEPTH + 4
"""Of nesting: what an operation takes, and what the protocol puts around it."""
BOM = b"\xef\xbb\xbf"

_ID = rb'"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d{1,18})\s*'
_PLAIN = rb'"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*'
_ID_FIRST = re.compile(rb"\s*\{\s*(?:" + _PLAIN + rb",\s*)*" + _ID + rb"[,}]")
_ID_LAST = re.compile(_ID + rb"(?:,\s*" + _PLAIN + rb")*\}\s*")


class AnyIdError(JSONRPCError):
    """An error that names the id as it came, even if it is none that the protocol allows."""

    id: Any


class Malformed(Exception):
    """A message that cannot be served. ``error`` says so; ``answered`` is false for a notification, which gets none."""

    def __init__(self, code: int, sentence: str, request_id: Any = None, *, answered: bool = True) -> None:
        super().__init__(sentence)
        self.error = AnyIdError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=sentence))
        self.answered = answered


def read_message(text: bytes) -> tuple[bytes, dict[str, Any]]:
    """A message's text, well-formed, and what it stands for.

    Raises:
        Malformed: it is no JSON, or no message.
    """
    text = whole_json(text.removeprefix(BOM).strip())
    try:
        value = read_json(text, LEVELS)
    except TooDeep as error:
        raise Malformed(INVALID_REQUEST, f"Invalid request: {error}", _id_within(text)) from None
    except ValueError as error:
        raise Malformed(PARSE_ERROR, f"Parse error: {error}", _id_at_the_beginning(text)) from None
    if not isinstance(value, dict):
        raise Malformed(INVALID_REQUEST, "Invalid request: a message is one JSON object")
    if "method" in value or not value.keys() & {"result", "error"}:
        _check_request(value)
    return text, value


def _check_request(value: dict[str, Any]) -> None:
    given = value.get("id")
    if "id" in value and (isinstance(given, bool) or not isinstance(given, str | int)):
        number = given if isinstance(given, float) else None
        raise Malformed(INVALID_REQUEST, "Invalid request: id must be a text or a whole number", number)
    answered = "id" in value or not isinstance(value.get("method"), str)
    if value.get("jsonrpc") != "2.0":
        raise Malformed(INVALID_REQUEST, "Invalid request: jsonrpc must be '2.0'", given, answered=answered)
    if not isinstance(value.get("method"), str):
        raise Malformed(INVALID_REQUEST, "Invalid request: method must be a text", given)
    if not isinstance(value.get("params") or {}, dict):
        raise Malformed(INVALID_PARAMS, "Invalid params: params must be an object", given, answered=answered)


def _id_at_the_beginning(text: bytes) -> Any:
    """The id in a text that is no JSON: only where nothing before it can be wrong."""
    found = _ID_FIRST.match(text)
    return _decoded(found[1]) if found else None


def _id_within(text: bytes) -> Any:
    """The id in a text that is nested too deep to be read."""
    last = text.rfind(b'"id"')
    found = _ID_FIRST.match(text) or (_ID_LAST.fullmatch(text, last) if last >= 0 else None)
    return _decoded(found[1]) if found else None


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
