"""The hooks by which a program is woken while it sits idle, beside those that bring the messages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shlex import quote
from typing import Any

from ..waking.claude import SOCKET
from .documents import Format
from .parts import Hooks, Part, calls_of

REWAKE_EVENTS = ("SessionStart", "UserPromptSubmit", "Stop")
"""At which a hook that wakes by its end is begun anew: it ends with each ring, and turns end without a hook as well."""
REWAKE_SECONDS = 2_000_000
"""How long such a hook may wait, 23 days: Claude Code ends it then. Of more a timer in milliseconds would run over."""


def parts(settings: Path, url: str, urls: Iterable[str]) -> list[Part]:
    """The two ways for Claude Code. In each session one of them does nothing.

    Args:
        settings: the file in which its hooks stand.
        url: the server's address.
        urls: all servers whose hooks give way to these.
    """
    known = [*urls]
    return [
        Hooks(settings, {"SessionStart": _helper(url)}, calls_of(map(_helper, known))),
        Hooks(settings, dict.fromkeys(REWAKE_EVENTS, _rewake(url)), calls_of(map(_rewake, known))),
    ]


def for_qwen(settings: Path, url: str, urls: Iterable[str], form: Format) -> Part:
    """The way for Qwen Code.

    Args:
        settings: the file in which its hooks stand.
        url: the server's address.
        urls: all servers whose hooks give way to this.
        form: how the file is written.
    """
    return Hooks(settings, {"SessionStart": _qwen(url)}, calls_of(map(_qwen, urls)), form)


def _qwen(url: str) -> dict[str, Any]:
    """Stays beside the session and writes into its socket. Qwen Code takes large time-outs for milliseconds."""
    command = f"teammcp wake qwen --url {quote(url)}"
    return {"type": "command", "command": command, "async": True, "timeout": REWAKE_SECONDS * 1000}


def _helper(url: str) -> dict[str, Any]:
    """Stays beside the session and writes into its inbox socket, if it has one."""
    return {"type": "command", "command": f"teammcp wake claude --url {quote(url)}", "async": True}


def _rewake(url: str) -> dict[str, Any]:
    """Waits until there is something, if there is no socket; if there is, nothing is started but the shell."""
    command = f'test -n "${SOCKET}" || teammcp wake claude --rewake --url {quote(url)}'
    return {"type": "command", "command": command, "asyncRewake": True, "timeout": REWAKE_SECONDS}
