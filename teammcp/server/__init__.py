"""The server: all teams of a process, what limits and watches them, and its periodic work."""

from .server import DEFAULT_TEAM, Server
from .team import Team

__all__ = ["DEFAULT_TEAM", "Server", "Team"]
