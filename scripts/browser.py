"""Find the Chromium that the tests drive, or bring one. Prints its path.

In this order: the one named by TEAMMCP_CHROMIUM, one found on the machine, Debian's package (as root),
Playwright's own download. Run by ``make test``; the tests use `find` only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """The path of a Chromium on this machine, or None."""
    if named := os.environ.get("TEAMMCP_CHROMIUM"):
        return shutil.which(named)
    for name in NAMES:
        if (found := shutil.which(name)) and works(found):
            return found
    return _playwrights()


def works(path: str) -> bool:
    """Whether it starts: on Ubuntu ``chromium-browser`` may be a script that only says to install a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() and works(path) else None


def bring() -> None:
    """Install one."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, stdout=sys.stderr)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=False,
            env=environment,
            stdout=sys.stderr,
        )
        if find():
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr)


def main() -> None:
    path = find()
    if path is None:
        print("No Chromium on this machine; installing one for the tests …", file=sys.stderr)
        bring()
        path = find()
    if path is None:
        sys.exit(
            "The tests of the pages need a Chromium, and none could be installed. Install one (on Debian, as "
            "root: apt-get install chromium) or set TEAMMCP_CHROMIUM to its path. Then run 'make test' again."
        )
    print(f"Browser for the tests: {path}")


if __name__ == "__main__":
    main()
