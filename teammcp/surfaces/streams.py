"""Live streams of a team's events: server-sent events, WebSocket frames, and the filter that `sync` shares with them.

A stream is one subscription to the hub and writes as fast as its reader reads: what a slow reader has not taken waits
in the ring and the log, not here.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from quart import Response

from ..errors import InvalidInput, Unauthorized
from ..events import Event

if TYPE_CHECKING:
    from ..operations import Context
    from ..server import Team

KEEP_ALIVE = 15
"""Seconds after which an idle stream gets a sign of life."""
CHUNK = 64 * 1024
"""Bytes written at once; also what one reader may have waiting besides its socket's buffers."""
MAX_KINDS = 50
ENDINGS = {"agent.key_rotated", "agent.retired"}
OPENING = b": connected\n\n"
COMMENT = b": keep-alive\n\n"
SSE_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect the events otherwise
}
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?|\*")

Valid = Callable[[], bool]


def audience(team: Team, agent: str, kinds: Sequence[str] = ()) -> Callable[[Event], bool]:
    """The filter ``wants(event)`` for what ``agent`` may see, as things are when it is asked.

    ``kinds`` narrows it: names of kinds, or prefixes such as ``message.*``; all kinds if empty.

    Raises:
        InvalidInput: a kind has not the form of one, or there are too many.
    """
    check_kinds(kinds)
    wanted = _selector(kinds)
    directory = team.directory

    def wants(event: Event) -> bool:
        if wanted is not None and not wanted(event.kind):
            return False
        if event.agents is not None:
            return agent in event.agents
        if event.channel is not None:
            return directory.can_read(agent, event.channel)
        return True

    return wants


def check_kinds(kinds: Sequence[str]) -> None:
    """Check names and prefixes of kinds.

    Raises:
        InvalidInput: one has not the form of a kind, or there are too many.
    """
    if len(kinds) > MAX_KINDS or not all(_KIND.fullmatch(kind) for kind in kinds):
        raise InvalidInput(f"kinds: up to {MAX_KINDS} names such as message.sent, or prefixes such as message.*")


def _selector(kinds: Sequence[str]) -> Callable[[str], bool] | None:
    if not kinds or "*" in kinds:
        return None
    exact = frozenset(kind for kind in kinds if not kind.endswith("*"))
    prefixes = tuple(kind[:-1] for kind in kinds if kind.endswith("*"))
    return lambda kind: kind in exact or kind.startswith(prefixes)


async def follow(context: Context, since: int, kinds: Sequence[str], valid: Valid) -> AsyncGenerator[list[Event], None]:
    """The events for the context's actor, as they come; an empty list is the time for a sign of life.

    Starts behind the event ``since``, once `Presence.admit` has been asked. The actor is present as long as it runs.
    Ends when the server stops, and once ``valid()`` is false: it is asked before anything is handed out.
    """
    team, name = context.team, context.actor.name
    wants = audience(team, name, kinds)
    with team.presence.connected(name, admitted=True), team.hub.subscribe(wants, since) as subscription:
        while True:
            events = await subscription.next(KEEP_ALIVE)
            if subscription.closed or not valid():
                return
            yield events


def actor_is_valid(context: Context) -> bool:
    """Whether the context's actor is still a member. For a caller with a key, `key_is_valid` checks that instead."""
    found = context.team.directory.agents.get(context.actor.name)
    return found is not None and not found.retired


def key_is_valid(context: Context, key_hash: str) -> bool:
    """Whether a key still stands for the context's actor: it may be replaced, or its agent retired."""
    found = context.server.plugins.first("authenticate", team=context.team, key_hash=key_hash)
    return found is not None and found.name == context.actor.name


def is_valid(context: Context) -> bool:
    """Whether a call that began as the context's actor may still be answered: by its key, or else its membership."""
    return actor_is_valid(context) if context.key_hash is None else key_is_valid(context, context.key_hash)


def ends(context: Context) -> Callable[[Event], bool]:
    """The filter for the event with which a call that is held loses its right: its key replaced, its actor retired."""
    name = context.actor.name
    return lambda event: event.subject == name and event.kind in ENDINGS and not is_valid(context)


def require_valid(context: Context) -> None:
    """For calls that were held, before they hand out anything.

    Raises:
        Unauthorized: the key was replaced meanwhile, or the actor retired.
    """
    if not is_valid(context):
        raise Unauthorized("This key is not valid any more: it was replaced, or its agent was retired.")


async def sse(context: Context, since: int, kinds: Sequence[str], valid: Valid) -> AsyncGenerator[bytes, None]:
    """The chunks of a ``text/event-stream``: something at once, then events, several in a chunk if they are ready."""
    yield OPENING
    async with aclosing(follow(context, since, kinds, valid)) as batches:
        async for events in batches:
            if not events:
                yield COMMENT
            for chunk in _chunks(events):
                yield chunk


def _chunks(events: Iterable[Event]) -> Iterable[bytes]:
    frames: list[bytes] = []
    size = 0
    for event in events:
        frames.append(event.sse)
        size += len(frames[-1])
        if size >= CHUNK:
            yield b"".join(frames)
            frames, size = [], 0
    if frames:
        yield b"".join(frames)


def sse_response(
    context: Context, since: int | None = None, kinds: Sequence[str] = (), valid: Valid | None = None
) -> Response:
    """The same as a response for a Quart view, for readers whose identity comes from elsewhere than a key.

    Args:
        context: of the reader.
        since: id of the event behind which to start; by default with the next one.
        kinds: see `audience`.
        valid: asked before each delivery and sign of life; the stream ends when it says no. By default: whether the
            actor is still a member.

    Raises:
        InvalidInput: a wrong kind. Gone: the events behind ``since`` were pruned.
        RateLimited: the reader holds too many streams.
    """
    check_kinds(kinds)
    context.team.presence.admit(context.actor.name)
    after = context.team.hub.last_id if since is None else since
    context.team.hub.check(after)
    chunks = sse(context, after, kinds, valid or (lambda: actor_is_valid(context)))
    response = Response(chunks, headers=SSE_HEADERS)
    response.timeout = None
    return response
