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
