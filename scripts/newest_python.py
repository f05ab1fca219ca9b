"""Print the path of the newest Python of this machine that is newer than the one that runs this, or nothing.

It looks where systems, pyenv and uv put them. Used by ``make newest``.
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PLACES = (
    "~/.pyenv/versions/*/bin",
    "~/.local/share/uv/python/*/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
)
NEEDS = "import ensurepip, sys, venv; print(*sys.version_info[:3], sys.version_info.releaselevel)"


def interpreters() -> Iterator[Path]:
    """Every program that looks like a Python 3."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    for place in PLACES:
        folders += glob.glob(os.path.expanduser(place))
    for folder in map(Path, filter(None, folders)):
        for path in folder.glob("python3.*") if folder.is_dir() else ():
            if re.fullmatch(r"python3\.\d+", path.name):
                yield path


def version(path: Path) -> tuple[int, ...] | None:
    """Its version, if it works, can make environments and is no preview."""
    done = subprocess.run([path, "-c", NEEDS], capture_output=True, text=True, timeout=30, check=False)
    *numbers, level = done.stdout.split() or [""]
    return tuple(map(int, numbers)) if done.returncode == 0 and level == "final" else None


def main() -> None:
    """See the module."""
    found = {path: number for path in set(interpreters()) if (number := version(path)) is not None}
    newest = max(found, key=lambda path: found[path], default=None)
    if newest is not None and found[newest][:2] > sys.version_info[:2]:
        print(newest)


if __name__ == "__main__":
    main()
