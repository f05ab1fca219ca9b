"""Where files of a project or a home really are, and what is in them: nothing is followed out of the folder.

Whoever wrote a repository chose what its links point to. So a link is followed as long as it stays in the folder that
the file should be in, and the file is shown under the name of what it points to; otherwise it is refused.
"""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidInput

LARGEST = 16 * 1024 * 1024
"""Bytes beyond which a file is none that a person has written."""
_OTHERS = ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))


def place_of(path: Path, root: Path) -> Path:
    """The file that a path below ``root`` means, its links followed; it need not be there.

    Raises:
        InvalidInput: it is outside of ``root``, or in the insides of git, or what is there is no file.
    """
    top = Path(os.path.realpath(root))
    found = Path(os.path.realpath(path))
    if not found.is_relative_to(top):
        raise InvalidInput(
            f"{path} is a link that leads out of {root}, to {found}, so it was left alone. "
            "Put a file in its place, or take the link away, and try again."
        )
    if ".git" in {part.casefold() for part in found.relative_to(top).parts}:
        raise InvalidInput(f"{path} is a link into the folder of git, to {found}, so it was left alone. Take it away.")
    try:
        kind = found.lstat().st_mode
    except FileNotFoundError:
        return found
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read, so it was left alone: {error.strerror}.") from None
    if not stat.S_ISREG(kind):
        raise InvalidInput(f"{path} is no file, so it was left alone. Move it out of the way, and try again.")
    return found


def read(path: Path) -> bytes | None:
    """What a file holds; None if it is not there.

    Raises:
        InvalidInput: it is none, cannot be read, or is larger than anything that people write.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read, so it was left alone: {error.strerror}.") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InvalidInput(f"{path} is no file, so it was left alone. Move it out of the way, and try again.")
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InvalidInput(f"{path} is larger than {LARGEST // 1024 // 1024} MiB, so it was left alone.")
    return data


@dataclass(frozen=True)
class Text:
    """A file's text, and the mark of the byte order before it if there is one."""

    text: str
    marked: bool = False

    @classmethod
    def decode(cls, data: bytes, path: Path, *, prose: bool) -> Text:
        """Take a file's bytes as text.

        Args:
            prose: whether it is for people; then bytes that are not UTF-8 stay what they are.

        Raises:
            InvalidInput: it is in another encoding.
        """
        for mark, name in _OTHERS:
            if data.startswith(mark):
                raise InvalidInput(f"{path} is in {name}, so it was left alone. Save it in UTF-8, and try again.")
        marked = data.startswith(codecs.BOM_UTF8)
        try:
            text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape" if prose else "strict")
        except UnicodeDecodeError:
            raise InvalidInput(f"{path} is not in UTF-8, so it was left alone. Save it so, and try again.") from None
        return cls(text, marked)

    def encode(self, text: str) -> bytes:
        """Another text as bytes in the same way."""
        return (codecs.BOM_UTF8 if self.marked else b"") + text.encode("utf-8", "surrogateescape")
