"""What requests over HTTP say of their readers: on which connection they come, who they are, what has arrived."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ..errors import InvalidInput
from ..http.asgi import Header, Scope
from ..http.callers import came_by_proxy
from ..members.readers import LINE, Line, Reader
from ..operations import Context

NAME = b"teammcp-reader"
"""The header of requests of programs that say themselves what has arrived: their own name for this run of theirs."""
LOOKS = b"looks:"
"""With what the name begins of one that only looks whether an agent is reached, as ``teammcp doctor`` does."""
RECEIVED = b"teammcp-received"
"""The header of requests with the ids of messages that have arrived, with commas between."""
HANDED = b"teammcp-handed"
"""The header of answers with the ids of the messages that they hand over."""
MOST_IDS = 500

_NAME = re.compile(rb"[!-~]{1,100}")

Headers = Mapping[bytes, bytes]


def line_of(scope: Scope) -> Line:
    """The connection on which a request has come."""
    if came_by_proxy(scope):
        return Line("")  # the proxy's own, on which requests of anybody may come
    found = scope.get("state", {}).get(LINE)
    if isinstance(found, Line):
        return found
    client = scope.get("client")
    return Line(f"{client[0]}:{client[1]}" if client else "")


def declared(headers: Headers, line: Line) -> Reader | None:
    """The reader that a request names itself.

    Raises:
        InvalidInput: the name is none.
    """
    name = headers.get(NAME)
    if name is None:
        return None
    if _NAME.fullmatch(name) is None:
        raise InvalidInput("TeamMCP-Reader: must have 1 to 100 printable ASCII characters and no spaces.")
    return Reader(name.decode("ascii"), line, program=True, confirms=True, looks=name.startswith(LOOKS))


def handed(reader: Reader | None) -> list[Header]:
    """What the headers of an answer say of what it hands over."""
    ids = [] if reader is None else reader.message_ids
    return [(HANDED, ",".join(map(str, ids)).encode())] if ids else []


@asynccontextmanager
async def answering(context: Context) -> AsyncIterator[None]:
    """While a call is carried out and its answer sent; if that fails there is nobody to have it."""
    try:
        yield
    except BaseException:
        context.team.signs.gone(context)
        raise
    context.team.signs.answered(context)


def _received(headers: Headers) -> list[int]:
    """The ids of the messages that a request says have arrived.

    Raises:
        InvalidInput: they are none.
    """
    value = headers.get(RECEIVED)
    if not value:
        return []
    ids = value.split(b",")
    if len(ids) > MOST_IDS or not all(each.strip().isdigit() and len(each) < 20 for each in ids):
        raise InvalidInput(f"TeamMCP-Received: must be up to {MOST_IDS} ids of messages, with commas between.")
    return [int(each) for each in ids]


async def take_signs(context: Context, headers: Headers) -> None:
    """Note what a request shows, and what it says, to have arrived.

    Raises:
        InvalidInput: what it says is malformed.
    """
    await context.team.signs.seen(context)
    ids = _received(headers)
    if ids:
        await context.call("confirm_messages", message_ids=ids)
