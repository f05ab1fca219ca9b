"""What plugins keep secret: encrypted in the team's database, with a key that is not in it.

Each is sealed with AES-256-GCM and bound to its team, plugin and name: a copy of the database alone reveals nothing,
and nothing that was sealed for one is taken for another.
"""

from __future__ import annotations

from .keys import SecretKeys, SecretUnreadable
from .store import Secrets

__all__ = ["SecretKeys", "SecretUnreadable", "Secrets"]
