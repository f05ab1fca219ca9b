"""Files that are written beside their place and moved there whole: what was there before is there until then."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
_CANNOT_SYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP}
"""What file systems say that know no such thing."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Staged:
    """New content of a file, written to the disk beside it and not yet in its place.

    Args:
        path: the file; its folder has to be there.
        data: what it is to hold.
        mode: its permissions.
        owner: user and group it is to belong to, as far as we may say so; None for our own.

    Raises:
        OSError: there is no room, or no permission. Nothing is left behind then.
    """

    def __init__(self, path: Path, data: bytes, mode: int = PRIVATE, owner: tuple[int, int] | None = None) -> None:
        self.path = path
        self._beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.teammcp")
        try:
            self._write(os.open(self._beside, _NEW, mode), data, mode, owner)
        except BaseException:
            self.discard()
            raise

    def _write(self, descriptor: int, data: bytes, mode: int, owner: tuple[int, int] | None) -> None:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if sys.platform != "win32":
                if owner is not None:
                    with suppress(PermissionError):
                        os.fchown(descriptor, *owner)
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)

    def rewrite(self, data: bytes) -> None:
        """Put other content in its place that is no longer than the first: the room for it is there already."""
        with self._beside.open("r+b") as file:
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def move(self) -> None:
        """Move it into its place. After a power cut it may be as before, until the folder is synced."""
        os.replace(self._beside, self.path)

    def commit(self) -> None:
        """Move it into its place for good."""
        self.move()
        sync_folder(self.path.parent)

    def discard(self) -> None:
        """Take it away again; nothing happens to the file itself."""
        self._beside.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Write a file: it holds ``data`` afterwards, or what it held before, also when the power fails.

    Raises:
        OSError: as `Staged`.
    """
    staged = Staged(path, data, mode)
    try:
        staged.commit()
    except BaseException:
        staged.discard()
        raise


def sync_folder(folder: Path) -> None:
    """Make sure that what was moved into a folder or out of it is so after a power cut, where the system can.

    Raises:
        OSError: the folder cannot be read, or its disk does not do its part.
    """
    if sys.platform == "win32":  # folders cannot be opened there, and names are journalled
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_FOLDERS:
            raise
    finally:
        os.close(descriptor)


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are not there yet, which only their owner may open."""
    for each in [*reversed(folder.parents), folder]:
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)
