"""The archive: sealed events as compressed JSON Lines, written so that a crash leaves a whole file or none.

A line is an event with all its columns as they are stored: ``data`` and ``agents`` are JSON texts, byte for byte, since
the seals prove those bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..seals.chain import COLUMNS, Row


class Unreadable(Exception):
    """An archive is there and is not what was written."""


@dataclass(frozen=True)
class Written:
    """A file that is on the disk for good."""

    path: Path
    bytes: int
    sha256: str


def write(path: Path, rows: Iterable[Row]) -> Written:
    """Write events to ``path``, whole or not at all; when it returns, they outlive a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    lines = "".join(json.dumps(_shape(row), ensure_ascii=False) + "\n" for row in rows)
    content = gzip.compress(lines.encode(), mtime=0)
    draft = path.with_name(f".{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)
    return Written(path, len(content), hashlib.sha256(content).hexdigest())


def read(path: Path) -> list[Row]:
    """The events of an archive, in its order.

    Raises:
        FileNotFoundError: it is not there. Unreadable: it is damaged.
    """
    try:
        lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise Unreadable(str(error) or type(error).__name__) from error
    return [_parsed(number, line) for number, line in enumerate(lines, 1) if line]


def _parsed(number: int, line: str) -> Row:
    try:
        return _row(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"line {number} is no event") from error


def _shape(row: Row) -> dict[str, Any]:
    event_id, at, *texts = row
    values = [event_id, int(at), *(None if each is None else each.decode() for each in texts)]
    return dict(zip(COLUMNS, values, strict=True))


def _row(shape: dict[str, Any]) -> Row:
    event_id, at, *texts = (shape[name] for name in COLUMNS)
    return (event_id, str(at).encode(), *(None if each is None else each.encode() for each in texts))


def checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Archives:
    """Reads blocks from archives, each file once as long as the blocks come in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = ""
        self._events: list[Row] = []

    def rows(self, name: str, first: int, last: int) -> list[Row]:
        """The events of a range of ids, in the order of the file. Raises as `read` does."""
        if name != self._name:
            self._events = read(self._folder / name)
            self._name = name
        return [row for row in self._events if first <= row[0] <= last]


def _sync_folder(folder: Path) -> None:
    """Make the new name in the folder last; Windows has no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
