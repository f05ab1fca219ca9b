"""The members of workspaces: npm, Yarn and Bun, pnpm, uv, Cargo and Go, as each of them declares them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import at, read, read_json, read_toml, texts_at
from .patterns import Pattern, choices, is_literal, matches, split
from .yaml_parts import texts_under


@dataclass(frozen=True)
class Workspace:
    """A folder that says which folders in it belong together.

    Attributes:
        tool: what declares it, as in ``pnpm``.
        manifest: the file that makes a folder one that can be a member.
        members: patterns of the paths of members, from the folder on.
        excludes: whether a path that matches is none after all.
    """

    tool: str
    manifest: str
    members: tuple[Pattern, ...]
    excludes: Callable[[Pattern], bool]


def declared(folder: Path, files: set[str]) -> Iterator[Workspace]:
    """The workspaces that the files of a folder declare."""
    for name, reader in _READERS.items():
        if name in files and (found := reader(folder / name)) is not None:
            yield found


def _npm(path: Path) -> Workspace | None:
    """The field ``workspaces`` of package.json: a list, or an object with one. Of its patterns the last one counts."""
    data = read_json(path)
    texts = texts_at(data, "workspaces") or texts_at(data, "workspaces", "packages")
    return _javascript("npm", texts, last_counts=True)


def _pnpm(path: Path) -> Workspace | None:
    """The list ``packages`` of pnpm-workspace.yaml. What is excluded stays so, whatever follows."""
    return _javascript("pnpm", texts_under(read(path) or "", "packages"), last_counts=False)


def _javascript(tool: str, texts: list[str], *, last_counts: bool) -> Workspace | None:
    signed: list[tuple[bool, Pattern]] = []
    for text in texts:
        wanted = not text.startswith("!")
        for each in choices(text.removeprefix("!")):
            if (pattern := split(each)) is not None:
                signed.append((wanted, pattern))

    def excludes(path: Pattern) -> bool:
        signs = [wanted for wanted, pattern in signed if matches(pattern, path)]
        return not (signs[-1] if last_counts and signs else all(signs))

    members = tuple(pattern for wanted, pattern in signed if wanted)
    return Workspace(tool, "package.json", members, excludes) if members else None


def _uv(path: Path) -> Workspace | None:
    """``[tool.uv.workspace]`` of pyproject.toml: ``members`` and ``exclude`` are patterns."""
    data = read_toml(path)
    if at(data, "tool", "uv", "workspace") is None:
        return None
    excluded = _patterns(texts_at(data, "tool", "uv", "workspace", "exclude"))
    members = _patterns(texts_at(data, "tool", "uv", "workspace", "members"))
    return Workspace("uv", "pyproject.toml", members, lambda path: any(matches(each, path) for each in excluded))


def _cargo(path: Path) -> Workspace | None:
    """``[workspace]`` of Cargo.toml: ``members`` are patterns, ``exclude`` folders; a member that is named stays."""
    data = read_toml(path)
    if at(data, "workspace") is None:
        return None
    members = _patterns(texts_at(data, "workspace", "members"))
    excluded = _patterns(texts_at(data, "workspace", "exclude"))

    def excludes(path: Pattern) -> bool:
        return path not in members and any(path[: len(each)] == each for each in excluded)

    return Workspace("cargo", "Cargo.toml", members, excludes)


_USE = re.compile(r"^\s*use\s+(?:\(([^)]*)\)|([^\s(]\S*))", re.MULTILINE)


def _go(path: Path) -> Workspace | None:
    """The directives ``use`` of go.work: a folder, or several in brackets."""
    text = re.sub(r"//.*", "", read(path) or "")
    used = [folder.strip('"`') for several, one in _USE.findall(text) for folder in (several.split() or [one])]
    folders = tuple(each for each in _patterns(used) if is_literal(each))
    return Workspace("go", "go.mod", folders, lambda path: False)


def _patterns(texts: list[str]) -> tuple[Pattern, ...]:
    return tuple(pattern for text in texts if (pattern := split(text)) is not None)


_READERS: dict[str, Callable[[Path], Workspace | None]] = {
    "package.json": _npm,
    "pnpm-workspace.yaml": _pnpm,
    "pyproject.toml": _uv,
    "Cargo.toml": _cargo,
    "go.work": _go,
}
MANIFESTS = ("package.json", "pyproject.toml", "Cargo.toml", "go.mod")
"""Files that make a folder one that is built for itself."""
