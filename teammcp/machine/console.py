"""Text that comes from and goes to a terminal or a pipe, whichever encoding that has: nothing fails because of it."""

from __future__ import annotations

import codecs
import errno
import os
import re
import sys
from contextlib import suppress
from typing import IO, Any

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BYTES = re.compile("[\udc80-\udcff]")
"""What Python puts for bytes of arguments and file names that the system's encoding does not know."""
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF, getattr(errno, "EDQUOT", errno.ENOSPC)}
SHOWN = "teammcp-shown"
"""The name of `_show` among the ways to treat what an encoding lacks."""


def as_text(data: bytes, encoding: str | None = None) -> str:
    """Bytes as text: UTF-8 or UTF-16 if they are that, else in ``encoding``, else in Latin-1, which takes any.

    Programs that print messages of many origins, such as git, mix encodings; a message in the wrong one is still better
    than none.
    """
    if data.startswith(_WIDE):
        return data.decode("utf-16", "replace")
    for each in ("utf-8-sig", encoding or "latin-1"):
        try:
            return data.decode(each)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def holds_bytes(text: str) -> bool:
    """Whether an argument holds bytes that the system's encoding does not know."""
    return _BYTES.search(text) is not None


def read_input() -> str:
    """All of standard input as text; nothing if it is closed."""
    if sys.stdin is None:
        return ""
    return as_text(sys.stdin.buffer.read(), sys.stdin.encoding)


def show_anything() -> None:
    """From now on standard output and error take any text: what their encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=SHOWN)


def is_full(error: OSError) -> bool:
    """Whether an error says that standard output takes nothing more; no file was named that could not be written."""
    return error.filename is None and error.errno in _FULL


def give_up_output() -> None:
    """Write nothing more to standard output, so that the end of the process does not try again what has failed."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def is_unicode(stream: IO[Any]) -> bool:
    """Whether everything can be written to a stream as it is."""
    try:
        return codecs.lookup(getattr(stream, "encoding", None) or "ascii").name.startswith("utf")
    except LookupError:
        return False


def _show(error: UnicodeError) -> tuple[str | bytes, int]:
    """A byte of a file's name as it is, so that a path that was printed can be pasted; anything else as an escape."""
    if isinstance(error, UnicodeEncodeError) and (found := _BYTES.match(error.object, error.start)):
        return bytes([ord(found[0]) - 0xDC00]), error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error(SHOWN, _show)
