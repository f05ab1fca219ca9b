"""The SQL about members that tasks need to know."""

from __future__ import annotations

from ...storage import Reader


def capabilities(reader: Reader, agent: str) -> str | None:
    """What a member can do, a JSON array."""
    found: str | None = reader.value("SELECT capabilities FROM agents WHERE name = ?", (agent,))
    return found


def superior(reader: Reader, agent: str) -> str | None:
    """Whom a member reports to."""
    found: str | None = reader.value("SELECT reports_to FROM agents WHERE name = ?", (agent,))
    return found


def time_zone(reader: Reader, agent: str) -> str:
    """Where a member lives: the IANA name of a time zone."""
    return str(reader.value("SELECT time_zone FROM agents WHERE name = ?", (agent,)))
