"""``teammcp plugin new`` writes a plugin that installs and whose own tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from teammcp.errors import InvalidInput
from teammcp.scaffold import create


def run(*command: str, folder: Path | None = None, **environment: str) -> str:
    """Run a command in a folder; what it says. It must succeed."""
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def test_a_new_plugin_installs_and_its_tests_pass(tmp_path: Path) -> None:
    run(sys.executable, "-m", "teammcp", "plugin", "new", "daily-notes", "--dir", str(tmp_path))
    folder, site = tmp_path / "teammcp-daily-notes", tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run(*install, "--target", str(site), str(folder))
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder), PYTHONPATH=str(site))
    assert "5 passed" in said
    listed = run(
        sys.executable, "-m", "teammcp", "plugin", "list", PYTHONPATH=str(site), TEAMMCP_HOME=str(tmp_path / "home")
    )
    line = next(line for line in listed.splitlines() if line.startswith("daily-notes"))
    assert line.split()[1:3] == ["0.1.0", "active"]


def test_what_is_written_is_clean(tmp_path: Path) -> None:
    folder = create("daily-notes", tmp_path)
    run(
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--line-length",
        "110",
        "--select",
        "E,F,I,B,UP",
        folder=folder,
    )


@pytest.mark.parametrize("name", ["", "Notes", "daily_notes", "9lives", "-x", "x--y", "../x", "a b", "messages"])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="name"):
        create(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    create("notes", tmp_path)
    with pytest.raises(InvalidInput, match="there already"):
        create("notes", tmp_path)
