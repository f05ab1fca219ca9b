"""Keys: made at random, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

from .writing import write_whole

ADMIN_PREFIX = "tmcpadmin_"
_KEY = re.compile(r"tmcp_([a-z0-9][a-z0-9-]{0,31})_([A-Za-z0-9_-]{43})")
TEAM_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def new_key(team: str) -> str:
    """A key of an agent: ``tmcp_<team>_<43 url-safe characters>``, 256 random bits."""
    return f"tmcp_{team}_{secrets.token_urlsafe(32)}"


def new_admin_key() -> str:
    """A key of the server's administrator, who creates and deletes teams."""
    return ADMIN_PREFIX + secrets.token_urlsafe(32)


def team_of(key: str) -> str | None:
    """The team a key names, or None if it has not the form of a key."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def hash_key(key: str) -> str:
    """SHA-256, hexadecimal. A plain hash is enough for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; it survives a power cut.

    Raises:
        OSError: there is no room, or no permission.
    """
    write_whole(path, f"{text}\n".encode())
