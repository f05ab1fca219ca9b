"""The keys of the agents that joined from this machine: one private file each, outside of every project."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_config_path

from ..keys import write_private


def key_file(url: str, name: str) -> Path:
    """Where the key of an agent at a server is kept."""
    server = urlsplit(url).netloc.replace(":", "_")
    return user_config_path("teammcp") / "keys" / server / f"{name}.key"


def kept_key(path: Path) -> str | None:
    """The key in a file, if it is there."""
    try:
        return path.read_text("ascii").strip() or None
    except FileNotFoundError:
        return None


def keep_key(path: Path, key: str) -> None:
    """Write a key into a file that only its owner may read, in folders that only its owner may open."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, key)
