"""Keys: made at random, shown once, kept as a hash."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import secrets
from pathlib import Path

from .errors import InvalidInput
from .machine.files import write_whole

ADMIN_PREFIX = "tmcpadmin_"
_KEY = re.compile(r"tmcp_([a-z0-9][a-z0-9-]{0,31})_([A-Za-z0-9_-]{43})")
LONGEST = 512
"""Characters beyond which something is no key."""
_SENDABLE = re.compile(f"[!-~]{{1,{LONGEST}}}")
TEAM_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def new_key(team: str) -> str:
    """A key of an agent: ``tmcp_<team>_<43 url-safe characters>``, 256 random bits."""
    return f"tmcp_{team}_{secrets.token_urlsafe(32)}"


def new_admin_key() -> str:
    """A key of the server's administrator, who creates and deletes teams."""
    return ADMIN_PREFIX + secrets.token_urlsafe(32)


def team_of(key: str) -> str | None:
    """The team a key names, or None if it has not the form of a key."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def hash_key(key: str) -> str:
    """SHA-256, hexadecimal. A plain hash is enough for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def clean_key(text: str, source: str) -> str:
    """A key as it is sent, from the text in which it was kept.

    What editors and shells put around it goes: white space, line ends, the mark of the byte order. What is no key then
    is refused here, once for all: a library that meets it in a header repeats it whole in its error.

    Args:
        text: what stood there.
        source: where, for the error, which says nothing of the text itself.

    Raises:
        InvalidInput: there is nothing, or something that no key holds.
    """
    key = text.replace("\ufeff", "").removeprefix("\xef\xbb\xbf").strip()
    if not key:
        raise InvalidInput(f"{source} holds no key. Put the key there that the registration showed.")
    if not _SENDABLE.fullmatch(key):
        raise InvalidInput(
            f"{source} does not hold a key: there is white space in it, or a character that no key has, or it is too "
            "long. Put the key there as the registration showed it, on one line, with nothing else."
        )
    return key


def key_from_environment(variable: str) -> str | None:
    """The key in an environment variable; None if it is not set, or empty.

    Raises:
        InvalidInput: it holds something that is no key.
    """
    text = os.environ.get(variable)
    return clean_key(text, variable) if text and text.strip() else None


def key_from_file(path: Path) -> str | None:
    """The key in a file, in whichever encoding an editor or a shell has written it; None if it is not there.

    Raises:
        InvalidInput: it cannot be read, or holds something that is no key.
    """
    try:
        with path.open("rb") as file:
            data = file.read(4 * LONGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return clean_key(data.decode("utf-16" if wide else "utf-8", "replace"), str(path))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; it survives a power cut.

    Raises:
        OSError: there is no room, or no permission.
    """
    write_whole(path, f"{text}\n".encode())
