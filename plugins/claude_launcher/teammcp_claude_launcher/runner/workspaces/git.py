"""Running git: without the variables, hooks and questions of whoever has started the runner."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from teammcp import Children, StartFailed

SECONDS = 120.0
"""A checkout of a large repository takes its time."""
KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "SYSTEMROOT")


def environment() -> dict[str, str]:
    """The variables with which git runs: none by which whoever has started the runner leads it elsewhere."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


async def git(children: Children, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run git in a folder: its exit code, and what it has said.

    Raises:
        StartFailed: it is not installed, or does not come to an end.
    """
    command = ["git", "-C", str(folder), "-c", f"core.hooksPath={os.devnull}", *arguments]
    try:
        child = await children.spawn(command, environment=environment())
    except FileNotFoundError:
        raise StartFailed("git is not installed on this machine, and a worktree needs it.") from None
    async with child:
        child.close_input()
        try:
            async with asyncio.timeout(SECONDS):
                code = await child.wait()
                await child.output.wait_closed()
        except TimeoutError:
            raise StartFailed(f"git {arguments[0]} has not ended within {SECONDS:g} s in {folder}.") from None
    return code, child.output.text().strip()


async def asked(children: Children, folder: Path, *arguments: str) -> str:
    """What git says.

    Raises:
        StartFailed: it refuses; the text has its words.
    """
    code, said = await git(children, folder, *arguments)
    if code:
        raise StartFailed(f"git {arguments[0]} says in {folder}: {said or f'exit code {code}'}")
    return said
