"""Heartbeats: a member says that it lives, and what it is doing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ....errors import InvalidInput
from ....members.presence import Doing, Reason
from ....operations import Context, operation
from ..models import Beat, Why

Seconds = Annotated[int, Field(ge=0, le=86_400)]


@operation("POST /api/heartbeat", access="observer", idempotent=True)
async def heartbeat(
    context: Context,
    status: Literal[Doing, "away"] | None = None,
    reason: Why = "",
    ttl: Seconds | None = None,
) -> Beat:
    """Say that you live and, if you like, what you do: idle, busy, blocked, waiting (for a person), away (good-bye).

    This promises another within `ttl` seconds; any call keeps the promise, and without one you are shown as dead. Give
    ttl=0 if you do not send heartbeats regularly. `teammcp heartbeat` sends them for you.
    """
    if reason and status is None:
        raise InvalidInput.at("reason", "it says why a status is what it is: give the status, too")
    presence, me = context.team.presence, context.actor.name
    if status == "away":
        presence.leave(me, reason or Reason("said good-bye"))
        return Beat(time=context.now(), status="away", ttl=0)
    ttl = context.server.settings.heartbeat_ttl if ttl is None else ttl
    presence.expect(me, ttl)
    if status is not None:
        presence.set_status(me, status, reason)
    return Beat(time=context.now(), status=presence.status_of(me).status, ttl=ttl)
