"""Looking through a folder for code bases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import patterns
from .apis import Publication
from .describing import describe
from .files import Listing
from .naming import name_all
from .patterns import Pattern, Places
from .workspaces import MANIFESTS, Workspace, declared

DEPTH = 4
"""How many levels below a folder code bases are looked for."""
WORKSPACE_DEPTH = 6
"""How many levels below its folder a workspace's members are looked for."""
MOST_LOOKED_AT = 20_000
MOST_FOUND = 500

INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md")
MARKS = (".git", ".claude", *INSTRUCTIONS)
"""What makes a folder a code base. ``.git`` may be a file, too: that of a worktree or a submodule is."""
IGNORED = {
    *("node_modules", "bower_components", "jspm_packages", "site-packages", "Pods", "Carthage"),
    *("vendor", "vendored", "third_party", "third-party", "external"),
    *("venv", "env", "virtualenv", "__pycache__", "target", "build", "dist", "out", "DerivedData"),
}
"""Folders with what others wrote, or what a tool has made."""


@dataclass(frozen=True)
class CodeBase:
    """A code base that was found.

    Attributes:
        name: what the project could be called; no other of the same scan has it.
        folder: where it lies.
        description: what it says of itself, in a line; may be empty.
        publishes: what it seems to offer others.
        needs: the packages on which it depends, each `as_compared`.
        marks: by what it was known, as in ``(".git", "AGENTS.md", "member of npm workspace")``.
    """

    name: str
    folder: Path
    description: str
    publishes: tuple[Publication, ...]
    needs: frozenset[str]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Scanned:
    """What a scan has found, by folder. ``whole``: whether it looked at everything that there was."""

    found: tuple[CodeBase, ...]
    whole: bool


class _TooMuch(Exception):
    """There is more than a scan looks at."""


def scan(folder: Path, depth: int = DEPTH) -> Scanned:
    """Find the code bases in a folder and down to ``depth`` levels below it. Links to folders are not followed.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    search = _Search(root)
    try:
        search.look(root, depth, in_repository=False)
    except _TooMuch:
        search.whole = False
    return Scanned(tuple(search.described()), search.whole)


class _Search:
    """One scan."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.whole = True
        self.marks: dict[Path, dict[str, None]] = {}
        """Of each code base by what it is known, in order."""
        self._listings: dict[Path, Listing] = {}

    def look(self, folder: Path, depth: int, in_repository: bool) -> None:
        """See whether a folder is a code base, or holds some.

        Args:
            folder: which.
            depth: how many levels below it are looked at.
            in_repository: whether it lies in a code base under version control.
        """
        listing = self._listing(folder)
        for mark in self._marks(folder, listing, in_repository):
            self._add(folder, mark)
        for workspace in declared(folder, listing.files):
            self._add(folder, f"{workspace.tool} workspace")
            for member in self._members(folder, workspace):
                self._add(member, f"member of {workspace.tool} workspace")
        if depth > 0:
            for name in _open_folders(listing):
                self.look(folder / name, depth - 1, in_repository or listing.holds(".git"))

    def described(self) -> Iterator[CodeBase]:
        """Everything that was found, by folder."""
        folders = sorted(self.marks)
        about = {folder: describe(folder, self._listings[folder]) for folder in folders}
        names = name_all({folder: each.name for folder, each in about.items()})
        for folder, each in about.items():
            marks = tuple(self.marks[folder])
            yield CodeBase(names[folder], folder, each.description, each.publishes, each.needs, marks)

    def _marks(self, folder: Path, listing: Listing, in_repository: bool) -> Iterator[str]:
        """By what of its own a folder is a code base.

        In a repository, instructions for agents are written for single folders, too: those of one that is not built for
        itself belong to what lies above it.
        """
        for mark in MARKS:
            of_a_part = in_repository and mark in INSTRUCTIONS and not any(map(listing.holds, MANIFESTS))
            of_a_person = mark == ".claude" and folder == Path.home()
            if listing.holds(mark) and not of_a_part and not of_a_person:
                yield mark

    def _members(self, folder: Path, workspace: Workspace) -> Iterator[Path]:
        """The members of a workspace that are there, beside the folder that declares it."""
        for pattern in workspace.members:
            paths = [pattern] if patterns.is_literal(pattern) else self._matching(folder, pattern)
            for path in paths:
                if not path or not self._is_inside(folder, path) or workspace.excludes(path):
                    continue
                member = folder.joinpath(*path)
                if workspace.manifest in self._listing(member).files:
                    yield member

    def _matching(self, folder: Path, pattern: Pattern) -> Iterator[Pattern]:
        """The paths below a folder that match a pattern. Nothing is looked at that cannot lead to one."""
        below: list[tuple[Pattern, Places]] = [((), patterns.begin(pattern))]
        while below:
            path, places = below.pop()
            if patterns.is_end(pattern, places):
                yield path
            if len(path) == WORKSPACE_DEPTH:
                continue
            for name in reversed(_open_folders(self._listing(folder.joinpath(*path)))):
                if reached := patterns.step(pattern, places, name):
                    below.append(((*path, name), reached))

    def _is_inside(self, folder: Path, path: Pattern) -> bool:
        """Whether a path leads through folders alone, none of them a link."""
        for name in path:
            if name not in self._listing(folder).folders:
                return False
            folder = folder / name
        return True

    def _listing(self, folder: Path) -> Listing:
        if folder not in self._listings:
            if len(self._listings) >= MOST_LOOKED_AT:
                raise _TooMuch
            self._listings[folder] = Listing(folder)
        return self._listings[folder]

    def _add(self, folder: Path, mark: str) -> None:
        if folder not in self.marks and len(self.marks) >= MOST_FOUND:
            raise _TooMuch
        self.marks.setdefault(folder, {})[mark] = None


def _open_folders(listing: Listing) -> list[str]:
    """The folders of a folder in which people write code."""
    if "pyvenv.cfg" in listing.files:
        return []
    return [name for name in listing.folders if not name.startswith(".") and name not in IGNORED]
