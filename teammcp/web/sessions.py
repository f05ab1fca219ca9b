"""Browser sessions: opened with a key, kept as a hash, ended by logging out or with the key they were opened with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..arguments.fields import Text, Timestamp
from ..errors import Forbidden, Unauthorized
from ..keys import hash_key
from ..members.directory import Agent
from ..operations import Context, Result, operation
from ..server import Server, Team
from ..storage import Transaction, Work
from . import queries

DAY = 86_400_000

Secret = Annotated[Text, Field(min_length=1, max_length=200)]


class WebSettings(BaseModel):
    """The table ``[plugins.web]`` of the settings."""

    model_config = ConfigDict(extra="forbid")

    session_days: int = Field(30, ge=1, le=365, description="Days after which a browser has to log in again")


class OpenedSession(Result):
    """A new session. ``token`` is the secret that a browser keeps in its cookie."""

    token: str
    agent: str
    expires_at: Timestamp


class EndedSessions(Result):
    """How many sessions were ended."""

    ended: int


@dataclass(frozen=True)
class Session:
    """Who is logged in with a browser."""

    team: Team
    agent: Agent
    token: str
    key_hash: str
    """Of the key it was opened with."""


@operation("POST /api/sessions", access="anonymous", tool=False, secret_result=True)
async def open_session(context: Context, key: Secret) -> Work[OpenedSession]:
    """Log a browser in: exchange a key for a session."""
    try:
        team, agent = context.server.identity.authenticate(key)
    except Unauthorized:
        context.server.identity.login_failed(key, context.address, context.surface)
        context.server.limits.register.take(context.address)
        raise
    if team is not context.team:
        raise Forbidden("key: this key belongs to another team.", code="other_team")
    settings: WebSettings = context.settings("web")
    token = f"{team.name}.{secrets.token_urlsafe(32)}"
    now = context.now()
    expires_at = now + settings.session_days * DAY

    def work(tx: Transaction) -> OpenedSession:
        queries.delete_expired(tx, now)
        queries.insert(tx, hash_key(token), agent.name, hash_key(key), now, expires_at)
        return OpenedSession(token=token, agent=agent.name, expires_at=expires_at)

    return work


@operation("POST /api/sessions/end", access="observer", idempotent=True, tool=False)
async def end_sessions(context: Context, token: Secret | None = None) -> Work[EndedSessions]:
    """Log a browser out: end the session of that token, or all of yours without one."""

    def work(tx: Transaction) -> EndedSessions:
        if token is None:
            return EndedSessions(ended=queries.delete_all(tx, context.actor.name))
        return EndedSessions(ended=queries.delete(tx, context.actor.name, hash_key(token)))

    return work


async def find_session(server: Server, token: str | None) -> Session | None:
    """The session of a token, if it is open and the key it was opened with is still its agent's."""
    team = server.teams.get((token or "").partition(".")[0])
    if team is None or token is None:
        return None
    row = await team.database.read(queries.session, hash_key(token), server.clock.now())
    if row is None:
        return None
    agent: Agent | None = server.plugins.first("authenticate", team=team, key_hash=row["key_hash"])
    if agent is None or agent.name != row["agent"]:
        return None
    return Session(team, agent, token, row["key_hash"])
