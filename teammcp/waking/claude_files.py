"""What Claude Code's own files say: which sessions run and what they do, and whether they take lines from outside.

As version 2.1.332 writes them. Whatever is not there or not understood says nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .life import Process
from .loop import Doing

SAYS: dict[Any, Doing] = {"idle": "idle", "busy": "busy", "waiting": "waiting"}
LOCK_OUT = {
    "refuse": "refuses lines from outside",
    "hold": "holds lines from outside back, until a person lets them through",
}
"""The values of the setting that keep lines out, the strictest first, and what they do."""
SETTING = "crossSessionInbound"
MANAGED = {
    "darwin": "/Library/Application Support/ClaudeCode/managed-settings.json",
    "win32": r"C:\Program Files\ClaudeCode\managed-settings.json",
}
"""Where an organisation's settings are; elsewhere on Linux."""


@dataclass(frozen=True)
class Record:
    """What a session that runs says of itself.

    Attributes:
        process: its program.
        doing: what it does.
        folder: in which it works.
        inbox: the path of its inbox socket; empty if it has none.
    """

    process: Process
    doing: Doing
    folder: str
    inbox: str


def config_folder(environment: Mapping[str, str]) -> Path:
    """Where Claude Code keeps its settings and records."""
    own = environment.get("CLAUDE_CONFIG_DIR")
    return Path(own) if own else Path.home() / ".claude"


def record_of(folder: Path, pid: int) -> Record | None:
    """What the session of a process says; None if it says nothing, or left that behind when it was killed.

    Args:
        folder: see `config_folder`.
        pid: the number of its process.
    """
    said = _read(folder / "sessions" / f"{pid}.json")
    process = Process.of(pid)
    if process is None or said.get("pid") != pid:
        return None
    if sys.platform == "linux" and said.get("procStart") not in (None, process.began):
        return None
    texts = [
        value if isinstance(value := said.get(key), str) else "" for key in ("status", "cwd", "messagingSocketPath")
    ]
    return Record(process, SAYS.get(texts[0], ""), texts[1], texts[2])


def records(folder: Path) -> Iterator[Record]:
    """The sessions that run now. A record whose program is gone is nobody."""
    for file in sorted((folder / "sessions").glob("*.json")):
        if file.stem.isdecimal() and (record := record_of(folder, int(file.stem))):
            yield record


def locked_out(folder: Path, project: Path | None) -> tuple[Path, str] | None:
    """The settings that keep lines out of all sessions, and what they do to them; None if there are none.

    The strictest counts, as for Claude Code; what was chosen on its command line or in one session is not seen.

    Args:
        folder: see `config_folder`.
        project: the folder of the project.
    """
    files = [Path(MANAGED.get(sys.platform, "/etc/claude-code/managed-settings.json")), folder / "settings.json"]
    if project is not None:
        files += [project / ".claude" / name for name in ("settings.json", "settings.local.json")]
    chosen = {file: _read(file).get(SETTING) for file in files}
    for value, what in LOCK_OUT.items():
        for file, choice in chosen.items():
            if choice == value:
                return file, what
    return None


def _read(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(file.read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return {}
