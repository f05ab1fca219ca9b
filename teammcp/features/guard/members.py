"""Whom the guard watches, and whom it tells."""

from __future__ import annotations

from ...members.directory import SYSTEM, Agent


def is_watched(agent: Agent | None) -> bool:
    """Whether it is a program that might go wrong: no person, and not the server itself."""
    return agent is not None and agent.kind != "human" and agent is not SYSTEM
