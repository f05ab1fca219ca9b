"""Where the bytes of a team's files are, whichever back end keeps them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from .base import Transaction

PART = 256 * 1024
"""Bytes that are read at once."""

Opener: TypeAlias = Callable[[int], AsyncGenerator[bytes, None]]
"""``open(begin)``: the bytes from that one on, in parts. An error comes with the first part."""


class FileStore(Protocol):
    """The bytes of one team's files, each content once, named by its SHA-256.

    What a committed row names is there, and survives a power failure: a work that adds the row puts the bytes, and a
    work that finds no other row using them removes them. What a crash leaves without a row shows in `digests`.
    """

    async def stage(self, digest: str, data: bytes) -> None:
        """Bring bytes that a work is about to `put` near, so that the team's one writer need not wait for them.

        Raises:
            StorageFull: there is no room; nothing was kept. StorageFailed: the disk does not do its part.
        """
        ...

    def put(self, tx: Transaction, digest: str, data: bytes) -> None:
        """In a work: keep these bytes, which were staged before. Harmless if they are kept already.

        Raises:
            StorageFull, StorageFailed: as `stage`.
        """
        ...

    def remove(self, tx: Transaction, digest: str) -> None:
        """In a work that has found that nothing uses them: forget these bytes, if they are there."""
        ...

    def open(self, digest: str, begin: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes from ``begin`` on, in parts. Close it, as with ``contextlib.aclosing``.

        Raises:
            OSError, StorageFailed: they are not there, or cannot be read; with the first part.
        """
        ...

    async def digests(self) -> list[str]:
        """The names of all bytes that are there."""
        ...

    async def clear(self) -> None:
        """Remove what a crash has left half staged. Only before the first `stage`."""
        ...


def sha256(data: bytes) -> str:
    """The name of some bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def file_chunks(path: Path) -> Opener:
    """The bytes of a file on this machine's disk, to be opened as those of a `FileStore`."""

    async def chunks(begin: int) -> AsyncGenerator[bytes, None]:
        source = await asyncio.to_thread(path.open, "rb")
        try:
            source.seek(begin)
            while part := await asyncio.to_thread(source.read, PART):
                yield part
        finally:
            source.close()

    return chunks
