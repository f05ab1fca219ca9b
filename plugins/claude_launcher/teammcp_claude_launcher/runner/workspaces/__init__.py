"""Workspaces: the folder in which an agent's program works, made or found before each run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from teammcp import private_folder

from ...protocol import Home
from ..host import Host
from . import folders, worktrees


@dataclass(frozen=True)
class Workplace:
    """Where an agent works.

    Attributes:
        folder: its program's working folder.
        note: what the agent is told of it.
    """

    folder: Path
    note: str


async def prepare(host: Host, home: Home) -> Workplace:
    """Find or make an agent's workspace.

    Raises:
        StartFailed: it cannot be; the text says why and what to do.
    """
    if home.workspace == "worktree":
        repository = folders.existing(host, home)
        tree = await worktrees.prepare(host, home.agent, repository)
        folder = await worktrees.place_of(host, tree, repository)
        return Workplace(
            folder,
            f"You work in {folder}, in a git worktree of your own of the repository {repository}, on the branch "
            f"'{tree.branch}'. Make no other worktree, and leave the repository's own folder and other branches alone; "
            "commit your work here, and say when it is ready to be merged.",
        )
    if home.workspace == "folder":
        folder = folders.existing(host, home)
        return Workplace(folder, f"You work in {folder}, an existing folder in which others may work at the same time.")
    folder = _own(host, home)
    private_folder(folder)
    return Workplace(folder, f"You work in {folder}, a folder of your own.")


async def tidy(host: Host, home: Home) -> str:
    """Remove the workspace of an agent that is gone, as far as nothing is lost by it.

    Returns:
        What is left and why; empty if nothing is, or it was never ours.
    """
    if home.workspace == "worktree":
        return await worktrees.remove(host, home.agent, Path(home.folder))
    return folders.remove_empty(_own(host, home)) if home.workspace == "own" else ""


def _own(host: Host, home: Home) -> Path:
    return Path(home.folder) if home.folder else host.folder / "agents" / home.agent
