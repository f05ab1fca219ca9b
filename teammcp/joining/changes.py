"""Changes to files: worked out first, shown, then made together or not at all, with a copy of what was there before."""

from __future__ import annotations

import difflib
import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from platformdirs import user_config_path

from ..errors import InvalidInput
from ..machine.files import Staged, private_folder, sync_folder
from ..text.invisible import reveal
from .parts import Part
from .places import Text, read

READABLE = 0o666


@dataclass(frozen=True)
class Change:
    """A file as it is and as it is to be; None stands for no file.

    Attributes:
        keep: whether to copy what is there now: not over a copy from before the joining.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    keep: bool

    @property
    def backup(self) -> Path:
        """Where the copy is: outside of the project, whose files others may have written."""
        return _copy_of(self.path)

    @property
    def copies(self) -> bool:
        """Whether a copy is made."""
        return self.keep and self.before is not None

    @property
    def restores(self) -> bool:
        """Whether the file becomes what the copy is, which is not needed any more then."""
        return self.after is not None and read(self.backup) == self.after

    def difference(self) -> str:
        """What is changed, line by line, as ``diff -u`` shows it, with hidden characters written out."""
        before, after = (_lines(data) for data in (self.before, self.after))
        old, new = ("/dev/null" if data is None else str(self.path) for data in (self.before, self.after))
        return reveal("\n".join(difflib.unified_diff(before, after, old, new, lineterm="")))

    def apply(self) -> Path | None:
        """Change the file; the path of the copy, if one was made now.

        Raises:
            InvalidInput: the file cannot be written. Nothing is changed then.
        """
        with Together([self]) as together:
            together.commit()
        return self.backup if self.copies else None


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "surrogateescape").splitlines()


class Together:
    """Several changes that are made together or not at all. Use it in a ``with`` block.

    When the block begins, everything is written beside its place: a full disk is found out there. `commit` moves all of
    it into its place, which needs no room; if one does not go, those before it are moved back. A block that ends
    without that changes nothing.

    Raises:
        InvalidInput: there is no room or permission, or a file has changed since it was read.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._steps: list[_Step] = []
        self._folders: list[Path] = []
        self._done = False

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._discard)
            for change in self._changes:
                try:
                    self._folders += _make_folders(change.path.parent)
                    self._steps.append(_Step(change))
                except OSError as error:
                    raise _unwritable(change.path, error) from None
            undo.pop_all()
        return self

    def commit(self) -> None:
        """Make the changes."""
        for at, step in enumerate(self._steps):
            try:
                step.commit()
            except BaseException as error:
                self._go_back(self._steps[: at + 1])
                if isinstance(error, OSError):
                    raise _unwritable(step.change.path, error) from None
                raise
        self._done = True

    def _go_back(self, steps: Sequence[_Step]) -> None:
        lost = []
        for step in reversed(steps):
            try:
                step.go_back()
            except OSError:
                lost.append(step.change)
        if lost:
            where = ", ".join(f"{change.path} (it was: {change.backup})" for change in lost)
            raise InvalidInput(f"The disk failed, and these files could not be put back as they were: {where}.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    def _discard(self) -> None:
        for step in self._steps:
            step.discard()
        if not self._done:
            for folder in reversed(self._folders):
                with suppress(OSError):
                    folder.rmdir()


class _Step:
    """One change: the new content and the old one, both beside the file."""

    def __init__(self, change: Change) -> None:
        self.change = change
        path, mode, owner = change.path, READABLE & ~_mask(), None
        if path.is_symlink() or path.parent.resolve() != path.parent or read(path) != change.before:
            raise InvalidInput(f"{path} has changed since it was shown. Nothing was changed; try again.")
        if change.before is not None:
            found = path.stat()
            mode, owner = found.st_mode & 0o7777, (found.st_uid, found.st_gid)
            if not os.access(path, os.W_OK):
                raise PermissionError(0, "it may only be read")
        self._away = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.teammcp")
        self._moved = False
        self._old: Staged | None = None
        self._new: Staged | None = None
        try:
            if change.copies and change.before is not None:
                private_folder(change.backup.parent)
                self._copy(change.before)
            if change.after is not None:
                self._new = Staged(path, change.after, mode, owner)
                if change.before is not None:
                    self._old = Staged(path, change.before, mode, owner)
        except BaseException:
            self.discard()
            raise

    def _copy(self, data: bytes) -> None:
        copy = Staged(self.change.backup, data)
        try:
            copy.commit()
        except BaseException:
            copy.discard()
            raise

    def commit(self) -> None:
        if self._new is None:
            os.replace(self.change.path, self._away)
        else:
            self._new.move()
        self._moved = True
        sync_folder(self.change.path.parent)

    def go_back(self) -> None:
        if not self._moved:
            return
        if self._new is None:
            os.replace(self._away, self.change.path)
        elif self._old is not None:
            self._old.move()
        else:
            self.change.path.unlink(missing_ok=True)
        self._moved = False
        with suppress(OSError):  # it is back, and that the disk fails is being told
            sync_folder(self.change.path.parent)

    def discard(self) -> None:
        for staged in (self._new, self._old):
            if staged is not None:
                with suppress(OSError):
                    staged.discard()
        if self._moved and self._new is None:
            with suppress(OSError):
                self._away.unlink(missing_ok=True)
                sync_folder(self._away.parent)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; the ones that were not there, from the top."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    made: list[Path] = []
    try:
        for each in reversed(missing):
            each.mkdir()
            made.append(each)
    except OSError:
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir()
        raise
    return made


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"{path} cannot be written: {error.strerror or error}. Nothing was changed.")


def joining(parts: Sequence[Part]) -> list[Change]:
    """What has to be changed so that all ``parts`` are where they belong; nothing for a file that is so already.

    Raises:
        InvalidInput: a file cannot be read, or is not what it should be.
    """
    changes = []
    for path, ours in _by_file(parts).items():
        file = _File(path, ours)
        after = file.with_parts(file.now)
        if after != file.now:
            fresh = file.copy is None or file.without(file.now) == file.now
            changes.append(Change(path, file.now, after, keep=fresh))
    return changes


def leaving(parts: Sequence[Part]) -> list[Change]:
    """What has to be changed so that none of ``parts`` is there any more.

    A file that is still as the joining left it becomes byte for byte what it was before.

    Raises:
        InvalidInput: a file cannot be read, or is not what it should be.
    """
    changes = []
    for path, ours in _by_file(parts).items():
        file = _File(path, ours)
        if file.now is None:
            continue
        copied = file.copy is not None and file.without(file.copy) == file.copy
        after = file.copy if copied and file.with_parts(file.copy) == file.now else file.without(file.now)
        if after != file.now:
            changes.append(Change(path, file.now, after, keep=False))
    return changes


class _File:
    """A file's bytes now, and those of the copy from before the joining."""

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        self._path, self._parts = path, parts
        self._prose = all(part.prose for part in parts)
        self.now = read(path)
        self.copy = read(_copy_of(path))

    def with_parts(self, data: bytes | None) -> bytes:
        file = Text("") if data is None else Text.decode(data, self._path, prose=self._prose)
        text = None if data is None else file.text
        for part in self._parts:
            text = part.put(text)
        return file.encode(text or "")

    def without(self, data: bytes | None) -> bytes | None:
        if data is None:
            return None
        file = Text.decode(data, self._path, prose=self._prose)
        text: str | None = file.text
        for part in reversed(self._parts):
            text = text if text is None else part.take(text)
        return None if text is None else file.encode(text)


def forget(changes: Sequence[Change], roots: Sequence[Path]) -> None:
    """After a leaving: remove copies of what is there again, and folders that are empty now below ``roots``."""
    for change in changes:
        if change.restores:
            with suppress(OSError):
                change.backup.unlink()
                change.backup.parent.rmdir()
        folder = change.path.parent
        while any(root.resolve() in folder.parents for root in roots) and _is_empty(folder):
            folder.rmdir()
            folder = folder.parent


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _copy_of(path: Path) -> Path:
    place = hashlib.sha256(os.fsencode(path.parent)).hexdigest()[:16]
    return user_config_path("teammcp") / "backups" / place / path.name


def _by_file(parts: Sequence[Part]) -> dict[Path, list[Part]]:
    found: dict[Path, list[Part]] = {}
    for part in parts:
        ours = found.setdefault(part.path, [])
        if part not in ours:
            ours.append(part)
    return found
