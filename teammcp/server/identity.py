"""Whose key it is: a member's, or the administrator's."""

from __future__ import annotations

import contextlib
import hmac

from ..errors import RateLimited, Unauthorized
from ..http.callers import bucket
from ..keys import hash_key, new_admin_key, team_of
from ..logs.access import note_wrong
from ..members.directory import Agent
from ..storage import Databases
from .team import Host, Team
from .teams import Teams

ADMIN_KEY = "admin-key.sha256"
"""The name under which the databases keep the hash of the administrator's key."""


class Identity:
    """The keys that open a server. For the event loop only, but for `read_admin_key`, which comes before all calls."""

    def __init__(self, server: Host, teams: Teams) -> None:
        self._server = server
        self._teams = teams
        self._admin_key_hash = ""
        self.new_admin_key: str | None = None
        """The administrator's key, if this start has made it: to be shown once."""

    def read_admin_key(self) -> None:
        """Read the hash of the administrator's key, or make one.

        Raises:
            StartError: what is kept cannot be read, or nothing can be kept.
        """
        databases = self._server.databases
        self._admin_key_hash = databases.value(ADMIN_KEY) or ""
        if not self._admin_key_hash:  # an empty one is what a power cut may leave of one that was never synced
            self.new_admin_key = renew_admin_key(databases)
            self._admin_key_hash = hash_key(self.new_admin_key)

    def is_admin_key(self, key: str) -> bool:
        """Whether ``key`` is the administrator's."""
        return hmac.compare_digest(hash_key(key), self._admin_key_hash)

    def authenticate(self, key: str) -> tuple[Team, Agent]:
        """The team and agent that a key stands for.

        Raises:
            Unauthorized: it has not the form of a key, or is not (or no longer) valid.
            Unavailable: its team is closed for a moment.
        """
        team = self._team_of(key)
        if team is None:
            self._teams.check_awake(team_of(key) or "")
        else:
            agent: Agent | None = self._server.plugins.first("authenticate", team=team, key_hash=hash_key(key))
            if agent is not None:
                return team, agent
        raise Unauthorized(
            "This key is not valid: it is mistyped, was replaced, or its agent was retired. "
            "An owner of the team can make a new one with rotate_key."
        )

    def login_failed(self, key: str, address: str, surface: str) -> None:
        """Note that a key is not valid. If it names a team, tell the plugins, once a minute for each address."""
        note_wrong("key", address, surface)
        team = self._team_of(key)
        if team is None:
            return
        with contextlib.suppress(RateLimited):
            self._server.limits.told_failures.take(f"{team.name}/{bucket(address)}")
            team.notify("login_failed", team=team, address=address, surface=surface)

    def _team_of(self, key: str) -> Team | None:
        return self._teams.get(team_of(key) or "")


def renew_admin_key(databases: Databases) -> str:
    """Make another key of the administrator's, whose hash is kept: the one before opens nothing from the next start on.

    Raises:
        StartError: it cannot be kept.
    """
    key = new_admin_key()
    databases.set_value(ADMIN_KEY, hash_key(key))
    return key
