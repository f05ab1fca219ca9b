"""Changes to files: worked out first, shown, then made, with a copy of what was there before."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidInput
from .parts import Part


@dataclass(frozen=True)
class Change:
    """A file as it is and as it is to be; None stands for no file.

    Attributes:
        keep: whether to copy what is there now: not over a copy from before the joining.
    """

    path: Path
    before: str | None
    after: str | None
    keep: bool

    @property
    def backup(self) -> Path:
        """Where the copy is."""
        return _copy_of(self.path)

    def difference(self) -> str:
        """What is changed, line by line, as ``diff -u`` shows it."""
        before, after = (self.before or "").splitlines(), (self.after or "").splitlines()
        old, new = ("/dev/null" if text is None else str(self.path) for text in (self.before, self.after))
        return "\n".join(difflib.unified_diff(before, after, old, new, lineterm=""))

    def apply(self) -> Path | None:
        """Change the file; the path of the copy, if one was made now.

        Raises:
            InvalidInput: the file cannot be written.
        """
        try:
            return self._apply()
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be written: {error.strerror}.") from error

    def _apply(self) -> Path | None:
        if self.after is None:
            self.path.unlink()
            return None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        copied = self.keep and self.before is not None
        if copied:
            self.backup.write_bytes(self.path.read_bytes())
            self.backup.chmod(self.path.stat().st_mode)
        self.path.write_bytes(self.after.encode())
        return self.backup if copied else None


def joining(parts: Sequence[Part]) -> list[Change]:
    """What has to be changed so that all ``parts`` are where they belong; nothing for a file that is so already.

    Raises:
        InvalidInput: a file cannot be read, or is not what it should be.
    """
    changes = []
    for path, ours in _by_file(parts).items():
        before = read(path)
        after = _with(ours, before)
        if after != before:
            kept = read(_copy_of(path)) is not None
            changes.append(Change(path, before, after, keep=not kept or _without(ours, before) == before))
    return changes


def leaving(parts: Sequence[Part]) -> list[Change]:
    """What has to be changed so that none of ``parts`` is there any more.

    A file that is still as the joining left it becomes byte for byte what it was before.

    Raises:
        InvalidInput: a file cannot be read, or is not what it should be.
    """
    changes = []
    for path, ours in _by_file(parts).items():
        before = read(path)
        if before is None:
            continue
        after = _former(path, ours, before)
        if after != before:
            changes.append(Change(path, before, after, keep=False))
    return changes


def forget(changes: Sequence[Change], roots: Sequence[Path]) -> None:
    """After a leaving: remove copies of what is there again, and folders that are empty now below ``roots``."""
    for change in changes:
        if change.after is not None and read(change.backup) == change.after:
            change.backup.unlink()
        folder = change.path.parent
        while folder not in roots and any(root in folder.parents for root in roots) and _is_empty(folder):
            folder.rmdir()
            folder = folder.parent


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _former(path: Path, parts: Sequence[Part], now: str) -> str | None:
    copy = read(_copy_of(path))
    if _without(parts, copy) == copy and _with(parts, copy) == now:
        return copy
    return _without(parts, now)


def _copy_of(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def _by_file(parts: Sequence[Part]) -> dict[Path, list[Part]]:
    found: dict[Path, list[Part]] = {}
    for part in parts:
        ours = found.setdefault(part.path, [])
        if part not in ours:
            ours.append(part)
    return found


def _with(parts: Sequence[Part], text: str | None) -> str | None:
    for part in parts:
        text = part.put(text)
    return text


def _without(parts: Sequence[Part], text: str | None) -> str | None:
    for part in reversed(parts):
        text = text if text is None else part.take(text)
    return text


def read(path: Path) -> str | None:
    """A file's text; None if it is not there.

    Raises:
        InvalidInput: it cannot be read, or is no text.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read, so it was left alone: {error}.") from error
