"""Looking into a repository without changing anything, and without running anything that it names.

Whoever has made the repository may be hostile, and so may whoever asks. Only objects are read: no hook, filter,
conversion, pager or program of the repository's configuration has a part in that. Nothing is fetched, from nowhere.
What is asked for never stands where git takes an option, a pattern or a name of a branch.
"""

from __future__ import annotations

import asyncio
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from teammcp import Children

from ..protocol import FoundInRepository, LookIntoRepository
from .workspaces.git import environment

SECONDS = 8.0
"""For all of one look: less than the server waits for the answer."""
LARGEST = 1024 * 1024
"""Bytes of a file that is looked into."""
MOST = 64 * 1024
"""Bytes of git's other answers."""
NOTHING_ELSE = {
    "GIT_ALLOW_PROTOCOL": "none",  # stands above the repository's own configuration
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
ALWAYS = (
    *("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"),
    *("-c", "safe.bareRepository=explicit", "-c", "core.pager=cat", "--no-pager"),
)
FILES = {"100644", "100755"}
"""The modes of files with text: not of links, submodules and folders."""


class _Found(Exception):
    """The look is over: this is what was found."""

    def __init__(self, found: FoundInRepository, *, same: bool | None = None) -> None:
        super().__init__(found)
        self.data: dict[str, Any] = {"found": found, "same": same}


async def look(children: Children, question: LookIntoRepository) -> dict[str, Any]:
    """The data of the answer to a question about a repository: ``found``, and ``same`` if lines were compared."""
    try:
        async with asyncio.timeout(SECONDS):
            await _Look(children, question).run()
    except _Found as found:
        return found.data
    except (TimeoutError, OSError, NotImplementedError):  # git is slow, or not there, or there is no such folder
        pass
    return {"found": "unreadable", "same": None}


class _Look:
    """One look. What it finds is raised."""

    def __init__(self, children: Children, question: LookIntoRepository) -> None:
        self._children = children
        self._question = question
        self._folder = Path(question.folder)

    async def run(self) -> None:
        """Look.

        Raises:
            _Found: as soon as it is known.
        """
        if not await asyncio.to_thread(self._folder.is_dir):
            raise _Found("no_repository")
        prefix = await self._said("rev-parse", "--show-prefix")
        if prefix is None:
            raise _Found("no_repository")
        commit = await self._commit()
        if not self._question.path:
            raise _Found("commit")
        blob = await self._blob(commit, prefix.decode(errors="surrogateescape").rstrip("\n"))
        self._compare(await self._bytes(blob))

    async def _commit(self) -> str:
        """The whole hash of the commit: one that begins so, whatever a branch or a tag of that name says."""
        wanted = self._question.commit
        said = await self._said("rev-parse", "--verify", "--quiet", "--end-of-options", f"{wanted}^{{commit}}")
        found = "" if said is None else said.decode("ascii", "replace").strip()
        if not found.startswith(wanted):
            raise _Found("no_commit")
        return found

    async def _blob(self, commit: str, prefix: str) -> str:
        """The hash of the file, whose path is from the folder or from the root."""
        for path in dict.fromkeys([prefix + self._question.path, self._question.path]):
            said = await self._said("ls-tree", "-l", "-z", "--full-tree", commit, "--", path)
            if said:
                about, _, name = said.partition(b"\0")[0].partition(b"\t")
                return self._readable(about.split(), os.fsdecode(name) == path)
        raise _Found("no_file")

    def _readable(self, about: list[bytes], is_it: bool) -> str:
        mode, kind, blob, size = (word.decode("ascii", "replace") for word in about)
        if not is_it or mode not in FILES or kind != "blob" or not size.isdecimal() or int(size) > LARGEST:
            raise _Found("unreadable")
        return blob

    async def _bytes(self, blob: str) -> bytes:
        found = await self._said("cat-file", "blob", blob, most=LARGEST)
        if found is None or b"\0" in found:
            raise _Found("unreadable")
        return found

    def _compare(self, content: bytes) -> None:
        first, last = self._question.first, self._question.last
        lines = [line.removesuffix("\r") for line in content.decode(errors="replace").split("\n")]
        lines = lines if lines[-1] else lines[:-1]
        if not 1 <= first <= last <= len(lines):
            raise _Found("no_lines")
        if not self._question.digest:
            raise _Found("lines")
        said = sha256("\n".join(lines[first - 1 : last]).encode()).hexdigest()
        raise _Found("lines", same=said == self._question.digest)

    async def _said(self, *arguments: str, most: int = MOST) -> bytes | None:
        """What git says; None if it refuses, or says more than is read."""
        command = ["git", "-C", str(self._folder), *ALWAYS, *arguments]
        child = await self._children.spawn(
            command, environment={**environment(), **NOTHING_ELSE}, kept=most, separate_errors=True
        )
        async with child:
            child.close_input()
            code = await child.wait()
            await child.output.wait_closed()
        return child.output.read().data if code == 0 and child.output.written <= most else None
