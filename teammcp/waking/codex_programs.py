"""The processes of Codex: terminals, and the daemon that runs their conversations in its own environment.

Whichever terminal shows a conversation, its hooks get the daemon's environment: that of the terminal that was opened
first, with the key of the agent that works there. A conversation is another agent's if a terminal that may show it has
another key, or none. Of keys only hashes are kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidInput
from ..keys import clean_key, hash_key
from .life import Process

if TYPE_CHECKING:
    import psutil

UNATTENDED = {"app-server", "daemon", "e", "exec", "exec-server", "mcp-server", "queue", "review", "remote-control"}
"""Arguments of a Codex that shows nobody a conversation."""
CONTROL = Path("app-server-control", "app-server-control.sock")
BY_ITSELF = "--dangerously-bypass-hook-trust"
"""The option with which a terminal uses no daemon."""
FEATURE = "daemon_auto_start"
"""What is switched off in a terminal that uses none."""
KEY = "TEAMMCP_KEY"


@dataclass(frozen=True)
class Program:
    """A process of Codex.

    Attributes:
        process: the process.
        key: the hash of the key in its environment; empty if there is none.
        folder: where its conversations begin.
    """

    process: Process
    key: str
    folder: Path

    def has(self, key: str) -> bool:
        """Whether a key is its own."""
        return self.key == hash_key(key)


def codex_home(home: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where Codex keeps its settings, for a user whose home this is."""
    return Path(environment.get("CODEX_HOME") or home / ".codex")


def processes() -> Iterator[psutil.Process]:
    """All that are called so."""
    import psutil

    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "codex":
            yield process


def control_of(home: Path, words: list[str]) -> Path | None:
    """The control socket of an app server with these arguments that terminals can attach to."""
    if "app-server" not in words or "--listen" not in words[:-1]:
        return None
    kind, _, path = words[words.index("--listen") + 1].partition("://")
    return Path(path or home / CONTROL) if kind == "unix" else None


def daemon(home: Path) -> Program | None:
    """The one that runs the conversations of a folder of settings, if it runs."""
    return next(_programs(home, lambda words: control_of(home, words) is not None), None)


def terminals(home: Path) -> list[Program]:
    """Those that a daemon may serve."""
    return [*_programs(home, lambda words: not UNATTENDED & {*words} and not _serves_itself(words))]


def is_own(home: Path, key: str, folder: Path) -> bool:
    """Whether a conversation in a folder, which the daemon runs with a key, is the one of the key's agent.

    Of several terminals those in that folder may show it, or if there are none, each of them.
    """
    attached = terminals(home)
    there = [terminal for terminal in attached if terminal.folder == Path(os.path.realpath(folder))]
    return all(terminal.has(key) for terminal in there or attached)


def is_below_daemon() -> bool:
    """Whether a daemon of Codex has started this process."""
    import psutil

    with suppress(psutil.Error):
        for process in psutil.Process().parents():
            if process.name() == "codex":
                return control_of(Path(), process.cmdline()[1:]) is not None
    return False


def _serves_itself(words: list[str]) -> bool:
    """Whether a terminal with these arguments uses no daemon."""
    off = {f"--disable={FEATURE}", f"features.{FEATURE}=false", f"-cfeatures.{FEATURE}=false", BY_ITSELF}
    return not off.isdisjoint(words) or ("--disable", FEATURE) in pairwise(words)


def _programs(home: Path, is_meant: Callable[[list[str]], bool]) -> Iterator[Program]:
    import psutil

    for process in processes():
        with suppress(psutil.Error, OSError):
            environment, words = process.environ(), process.cmdline()[1:]
            own = codex_home(Path(environment.get("HOME", "/")), environment)
            if os.path.realpath(own) != os.path.realpath(home) or not is_meant(words):
                continue
            found = Process.of(process.pid)
            if found is not None:
                yield Program(found, _hash(environment.get(KEY, "")), _folder(Path(process.cwd()), words))


def _hash(key: str) -> str:
    try:
        return hash_key(clean_key(key, KEY))
    except InvalidInput:
        return ""


def _folder(started_in: Path, words: list[str]) -> Path:
    """The folder that a terminal was told to work in, or else was started in."""
    folder = started_in
    for word, following in pairwise([*words, ""]):
        if word in {"-C", "--cd"}:
            folder = started_in / following
        elif word.startswith("--cd="):
            folder = started_in / word.removeprefix("--cd=")
    return Path(os.path.realpath(folder))
