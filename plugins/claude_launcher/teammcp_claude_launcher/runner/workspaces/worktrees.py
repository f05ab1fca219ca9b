"""Git worktrees: one for each agent and repository, on a branch of the agent's.

It stays from run to run, and nobody else gets it. What is not merged, or somebody works in, is never removed.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from teammcp import StartFailed, private_folder

from ..host import Host
from .git import asked, git

SHELLS = {"bash", "dash", "fish", "ksh", "nu", "pwsh", "sh", "tcsh", "zsh"}
"""Programs in which a person looks at what an agent does. They change nothing by themselves."""


@dataclass(frozen=True)
class Worktree:
    """A worktree, and the branch on which it was made."""

    folder: Path
    branch: str


async def place_of(host: Host, tree: Worktree, repository: Path) -> Path:
    """The folder in a worktree that stands for one inside of its repository."""
    inside = await asked(host.children, repository, "rev-parse", "--show-prefix")
    folder = tree.folder / inside
    return folder if await asyncio.to_thread(folder.is_dir) else tree.folder


async def prepare(host: Host, agent: str, repository: Path) -> Worktree:
    """An agent's worktree of a repository, made if it is not there.

    Raises:
        StartFailed: it cannot be made, or another program works in it.
    """
    top = await _top(host, repository)
    tree = _worktree(host, agent, top)
    if await asyncio.to_thread(tree.folder.exists):
        await _check_ours(host, tree, top)
        others = await asyncio.to_thread(working_in, tree.folder)
        if programs := [each for each in others if each.partition(" ")[2] not in SHELLS]:
            raise StartFailed(f"{tree.folder} is in use by {', '.join(programs)}. End that first.")
        return tree
    private_folder(tree.folder.parent)
    await asked(host.children, top, "worktree", "prune")
    exists, _ = await git(host.children, top, "rev-parse", "--verify", "--quiet", f"refs/heads/{tree.branch}")
    branch = ["-b", tree.branch, str(tree.folder)] if exists else [str(tree.folder), tree.branch]
    await asked(host.children, top, "worktree", "add", *branch)
    return tree


async def remove(host: Host, agent: str, repository: Path) -> str:
    """Remove an agent's worktree and branch, if all of it is merged and nobody is there; else why they stay."""
    try:
        top = await _top(host, repository)
        tree = _worktree(host, agent, top)
        if not await asyncio.to_thread(tree.folder.exists):
            return ""
        await _check_ours(host, tree, top)
        if why := await _why_it_stays(host, tree):
            return f"{tree.folder} stays: {why}."
        await asked(host.children, top, "worktree", "remove", str(tree.folder))
        await asked(host.children, top, "branch", "-D", tree.branch)
    except StartFailed as error:
        return f"The worktree of {agent} stays: {error}"
    return ""


def working_in(folder: Path) -> list[str]:
    """The processes that work in a folder, as ``12345 name``. Reads much of /proc: call it in a thread."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            where = Path(process.cwd())
            if where == folder or folder in where.parents:
                found.append(f"{process.pid} {process.name()}")
    return found


async def _why_it_stays(host: Host, tree: Worktree) -> str:
    others = await asyncio.to_thread(working_in, tree.folder)
    if others:
        return f"{', '.join(others)} works in it"
    if await asked(host.children, tree.folder, "status", "--porcelain"):
        return "there are changes in it that are not committed"
    for commit in ("HEAD", tree.branch):
        refs = await asked(
            host.children, tree.folder, "for-each-ref", "--format=%(refname)", "--contains", commit,
            "refs/heads", "refs/remotes", "refs/tags",
        )  # fmt: skip
        if not set(refs.split()) - {f"refs/heads/{tree.branch}"}:
            return f"the branch '{tree.branch}' is not merged"
    return ""


async def _top(host: Host, repository: Path) -> Path:
    """The folder of the main worktree, where the repository is that of another worktree too."""
    code, said = await git(host.children, repository, "rev-parse", "--path-format=absolute", "--git-common-dir")
    if code:
        raise StartFailed(f"{repository} is in no git repository: {said}. Choose workspace='folder', or a repository.")
    common = await asyncio.to_thread(Path(said).resolve)
    return common.parent if common.name == ".git" else common


def _worktree(host: Host, agent: str, top: Path) -> Worktree:
    digest = hashlib.sha256(str(top).encode()).hexdigest()[:8]
    return Worktree(host.folder.resolve() / "worktrees" / f"{agent}-{digest}", f"agent/{_ref(agent)}")


def _ref(agent: str) -> str:
    """An agent's name as a part of a branch's: git takes no ``..`` and no ``.lock`` at the end."""
    name = agent.replace("..", ".%2e")
    return f"{name.removesuffix('.lock')}%2elock" if name.endswith(".lock") else name


async def _check_ours(host: Host, tree: Worktree, top: Path) -> None:
    """See that a folder is the worktree that we have made of this repository, and not something else in its place.

    Raises:
        StartFailed: it is something else.
    """
    listed = await asked(host.children, top, "worktree", "list", "--porcelain")
    if f"worktree {tree.folder}" not in listed.splitlines():
        raise StartFailed(
            f"{tree.folder} is there, and is no worktree of {top}. Look what it is, and move it out of the way."
        )
