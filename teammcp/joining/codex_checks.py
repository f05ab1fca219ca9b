"""Whether Codex's daemon has the agent's key: it runs the conversations of all terminals in its own environment."""

from __future__ import annotations

from collections.abc import Iterator

from ..waking.codex_programs import Program, codex_home, daemon, terminals
from .findings import Finding
from .programs import Member

APART = (
    "Give each agent in Codex a home of its own, by CODEX_HOME for 'teammcp join' and for codex. Or close all "
    "terminals of Codex, run 'codex app-server daemon stop', and start this agent's alone."
)


def check_daemon(member: Member, key: str | None) -> Iterator[Finding]:
    """What keeps an agent in Codex from being itself; of keys it is told only whether they are the same."""
    if member.client != "codex" or key is None:
        return
    home = codex_home(member.home)
    running = daemon(home)
    if running is None:
        return
    which = f"daemon: the one of Codex in {home} (process {running.process.pid})"
    if not running.has(key):
        whose = "another key" if running.key else "no key"
        what = "the hooks of this agent's terminals say nothing, and their tools do not act as this agent"
        yield Finding(f"{which} was started with {whose}: {what}.", APART)
        return
    others = [terminal for terminal in terminals(home) if not terminal.has(key)]
    if not others:
        yield Finding(f"{which} has this agent's key.")
        return
    folders = ", ".join(sorted({str(terminal.folder) for terminal in others}))
    yield Finding(
        f"{which} has this agent's key, and serves {_counted(others)} with another or none, in {folders}: there tools "
        "act as this agent, and hooks say nothing.",
        APART,
    )


def _counted(programs: list[Program]) -> str:
    return "a terminal" if len(programs) == 1 else f"{len(programs)} terminals"
