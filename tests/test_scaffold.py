"""``teammcp plugin new`` writes a plugin that installs and whose own tests pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from teammcp.errors import InvalidInput
from teammcp.scaffold import create

TUTORIAL = (Path(__file__).parent.parent / "docs" / "plugins" / "tutorial.md").read_text(encoding="utf-8")


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


def install_and_test(folder: Path, site: Path) -> str:
    """Install a plugin and run its tests; what pytest says."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run(*install, "--target", str(site), str(folder))
    return run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder), PYTHONPATH=str(site))


def test_a_new_plugin_installs_and_its_tests_pass(tmp_path: Path) -> None:
    run(sys.executable, "-m", "teammcp", "plugin", "new", "daily-notes", "--dir", str(tmp_path))
    site = tmp_path / "site"
    assert "5 passed" in install_and_test(tmp_path / "teammcp-daily-notes", site)
    listed = run(
        sys.executable, "-m", "teammcp", "plugin", "list", PYTHONPATH=str(site), TEAMMCP_HOME=str(tmp_path / "home")
    )
    line = next(line for line in listed.splitlines() if line.startswith("daily-notes"))
    assert line.split()[1:3] == ["0.1.0", "active"]


def test_the_tutorial_can_be_followed_to_the_letter(tmp_path: Path) -> None:
    folder = create("standup", tmp_path)
    remove, event, sql, registered, declared, rule, tests = re.findall(
        r"^```python\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL
    )
    package = folder / "teammcp_standup"
    extend(package / "operations.py", remove, imports="Forbidden, NotFound")
    extend(package / "events.py", event)
    extend(package / "queries.py", sql)
    extend(package / "__init__.py", rule, imports="Draft, Refused")
    extend(folder / "tests" / "test_notes.py", tests, imports="Forbidden, Refused")
    replace(package / "operations.py", "import NoteAdded", "import NoteAdded, NoteRemoved")
    replace(package / "__init__.py", "    return [operations.standup_add, operations.standup_list]\n", registered)
    replace(package / "__init__.py", "    return [events.NoteAdded]\n", declared)
    assert "7 passed" in install_and_test(folder, tmp_path / "site")


def extend(file: Path, code: str, imports: str = "") -> None:
    """Write ``code`` at the end of a file, and import these names from ``teammcp``."""
    text = file.read_text(encoding="utf-8")
    first = f"from teammcp import {imports}\n" if imports else ""
    file.write_text(text.replace("import annotations\n", f"import annotations\n\n{first}", 1) + f"\n\n{code}", "utf-8")


def replace(file: Path, before: str, after: str) -> None:
    """Put ``after`` in the place of ``before``, which has to be there."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


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


@pytest.mark.parametrize(
    "name", ["", "Notes", "daily_notes", "9lives", "-x", "x--y", "../x", "a b", "messages", "web", "approvals"]
)
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="name"):
        create(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    create("notes", tmp_path)
    with pytest.raises(InvalidInput, match="there already"):
        create("notes", tmp_path)
