"""Reading what stands in a code base: never more than so much, never what is no plain file, never with an error."""

from __future__ import annotations

import codecs
import json
import os
import stat
import tomllib
from itertools import islice
from pathlib import Path
from typing import Any

LARGEST = 1024 * 1024
"""Bytes of a file that is read whole; a larger one counts as broken."""
MOST_ENTRIES = 20_000
"""Entries of a folder that are looked at."""


class Listing:
    """What is in a folder. It is empty if the folder cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.files: set[str] = set()
        """Names of files, and of links whatever they lead to."""
        self.folders: list[str] = []
        """Names of folders, without links, in order."""
        try:
            with os.scandir(folder) as entries:
                for entry in islice(entries, MOST_ENTRIES):
                    is_folder = entry.is_dir(follow_symlinks=False)
                    (self.folders.append if is_folder else self.files.add)(entry.name)
        except OSError:
            return
        self.folders.sort()

    def holds(self, name: str) -> bool:
        """Whether something of that name is there."""
        return name in self.files or name in self.folders


def read(path: Path, *, most: int = LARGEST, beginning: bool = False) -> str | None:
    """The text of a plain file; None if there is none that can be read.

    A link is not followed: what it leads to may lie anywhere, and be meant for nobody else.

    Args:
        path: the file.
        most: bytes.
        beginning: of a larger file the beginning is wanted, not None.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode) or (about.st_size > most and not beginning):
                return None
            found = file.read(most)
            # A beginning may end within a character; what is no UTF-8 at all is no text that anybody wrote to be read.
            return codecs.getincrementaldecoder("utf-8-sig")().decode(found, final=len(found) == about.st_size)
    except (OSError, UnicodeDecodeError):
        return None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one if it is broken."""
    return _object(path, json.loads)


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file; an empty one if it is broken."""
    return _object(path, tomllib.loads)


def _object(path: Path, loads: Any) -> dict[str, Any]:
    text = read(path)
    if text is None:
        return {}
    try:
        found = loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def at(data: Any, *keys: str) -> Any:
    """What stands in an object under one key after the other; None if nothing does."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def text_at(data: Any, *keys: str) -> str:
    """The same, if it is a text; else an empty one."""
    found = at(data, *keys)
    return found if isinstance(found, str) else ""


def names_at(data: Any, *keys: str) -> list[str]:
    """The keys of the object that stands there."""
    found = at(data, *keys)
    return [*found] if isinstance(found, dict) else []


def texts_at(data: Any, *keys: str) -> list[str]:
    """The texts of the list that stands there."""
    found = at(data, *keys)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
