"""The bytes of files on disk: one file for each different content, named by its SHA-256.

Bytes are durable before the row that names them is committed, and removed only by a work of the team's one
writer that finds no row using them. So a row never names missing bytes. A crash can leave only bytes without
a row, which the sweep at the next start removes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from ...storage.failures import failure_of


def sha256(data: bytes) -> str:
    """The name of some bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class FileStore:
    """The bytes of one team's files, in ``<team>/files/ab/<sha256>``. Every method touches the disk."""

    def __init__(self, team_folder: Path) -> None:
        self._root = team_folder / "files"
        self._incoming = self._root / "incoming"

    def path(self, digest: str) -> Path:
        """Where these bytes are, if they are there."""
        return self._root / digest[:2] / digest

    def put(self, digest: str, data: bytes) -> None:
        """Keep ``data``, whose SHA-256 is ``digest``; on return they survive a power failure.

        Raises:
            StorageFull: there is no room; nothing was kept. StorageFailed: the disk does not do its part.
        """
        target = self.path(digest)
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(exist_ok=True)
            if not target.exists():
                self._write(target, data)
            for folder in (target.parent, self._root, self._root.parent):  # any of them may be new
                _sync_folder(folder)
        except OSError as error:
            if (failure := failure_of(error)) is not None:
                raise failure from error
            raise

    def _write(self, target: Path, data: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise

    def start(self, digest: str, size: int) -> bytes:
        """The first ``size`` bytes."""
        with self.path(digest).open("rb") as file:
            return file.read(size)

    def remove(self, digest: str) -> None:
        """Forget these bytes, if they are there."""
        self.path(digest).unlink(missing_ok=True)

    def clear_incoming(self) -> None:
        """Remove what a crash has left half written. Only before the first `put`."""
        if self._incoming.exists():
            for path in self._incoming.iterdir():
                path.unlink()

    def digests(self) -> list[str]:
        """The names of all bytes that are there."""
        return [path.name for path in self._root.glob("??/*")]


def _sync_folder(folder: Path) -> None:
    """Make a new name durable: on POSIX systems it belongs to the folder, not to the file."""
    if sys.platform == "win32":  # folders cannot be opened there, and names are journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
