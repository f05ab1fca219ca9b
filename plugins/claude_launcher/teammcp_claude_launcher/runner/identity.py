"""Which runner this is: the same one after every restart, another one in a copy of its folder.

The key of a machine stands in the runner's folder, which people copy: with a home folder, onto a second machine, out of
a backup. Only one runner may use it at a time, and the lock in the folder sees to that in this folder alone.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOST_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
"""On Linux, the id of this installation of the system."""
IOREG = ("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice")
LONGEST = 100
"""Characters of the place that people are told, its end before its beginning."""


@dataclass(frozen=True)
class Identity:
    """What tells one runner from another.

    Attributes:
        installation: the same as long as the folder stays where it is, on this system.
        place: where that is, for people.
    """

    installation: str
    place: str


def identify(folder: Path) -> Identity:
    """The runner of a folder.

    Nothing of it is stored, as that would be copied with the folder. A host without an id is told from others by the
    folder's path alone.
    """
    path = folder.resolve()
    digest = hashlib.sha256(f"teammcp runner\n{_host_id()}\n{path}".encode()).hexdigest()
    place = f"{path} on {platform.node() or 'this machine'}"
    return Identity(digest[:32], place if len(place) <= LONGEST else f"…{place[1 - LONGEST :]}")


def _host_id() -> str:
    """What no other host has; empty if nothing is known."""
    try:
        if sys.platform == "darwin":
            said = subprocess.run(  # noqa: S603 - fixed words
                IOREG, capture_output=True, text=True, timeout=10, check=False
            ).stdout
            return next((line for line in said.splitlines() if "IOPlatformUUID" in line), "")
        return next((text for path in HOST_IDS if path.exists() and (text := path.read_text().strip())), "")
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
