"""`FileStore` in a folder: one file for each different content, ``ab/<sha256>``.

Bytes are on the disk before the work that puts them is committed, and are removed by the team's one writer, between
whose works no upload of the same bytes comes. So a row never names missing bytes.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

from ..machine.files import sync_folder
from .base import Transaction
from .failures import failure_of
from .files import file_chunks


class FolderFiles:
    """The files below one folder, which is made with the first of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"

    async def stage(self, digest: str, data: bytes) -> None:
        await asyncio.to_thread(self._keep, digest, data)

    def put(self, tx: Transaction, digest: str, data: bytes) -> None:
        if not self._path(digest).exists():  # the last file with the same bytes was deleted a moment ago
            self._keep(digest, data)

    def remove(self, tx: Transaction, digest: str) -> None:
        self._path(digest).unlink(missing_ok=True)

    def open(self, digest: str, begin: int = 0) -> AsyncGenerator[bytes, None]:
        return file_chunks(self._path(digest))(begin)

    async def digests(self) -> list[str]:
        return await asyncio.to_thread(lambda: [path.name for path in self._root.glob("??/*")])

    async def clear(self) -> None:
        await asyncio.to_thread(self._clear)

    def _clear(self) -> None:
        if self._incoming.exists():
            for path in self._incoming.iterdir():
                path.unlink()

    def _path(self, digest: str) -> Path:
        """Where these bytes are, if they are there."""
        return self._root / digest[:2] / digest

    def _keep(self, digest: str, data: bytes) -> None:
        target = self._path(digest)
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(exist_ok=True)
            if not target.exists():
                self._write(target, data)
            for folder in (target.parent, self._root, self._root.parent):  # any of them may be new
                sync_folder(folder)
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
