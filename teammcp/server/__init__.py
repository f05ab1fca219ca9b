"""`Server`: all teams of a process. `Team`: everything of one of them. `State`: what plugins keep with either."""

from __future__ import annotations

from .server import Server
from .state import State, StateKey
from .team import Host, Team
from .teams import DEFAULT_TEAM

__all__ = ["DEFAULT_TEAM", "Host", "Server", "State", "StateKey", "Team"]
