"""The keys that seal secrets: from the setting ``secret_key``, or a file beside the administrator's key.

There may be several, the newest first: that one seals, and each opens what it has sealed. To replace a key, put the new
one before it and start the server, which seals anew whatever the new one has not sealed; then take the old one away.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..config import SHORTEST_SECRET_KEY, Settings, split_keys
from ..errors import TeamError
from ..machine.files import write_whole

FILE = "secret-key"
NONCE = 12


class SecretUnreadable(TeamError):
    """A secret is there, and cannot be read with the keys that the server has. Nothing was changed or lost."""

    status, code, title = 503, "secret_unreadable", "Secret unreadable"


@dataclass(frozen=True)
class SecretKey:
    """One key, derived from what somebody has chosen or the server has made."""

    text: str

    @cached_property
    def _bytes(self) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256  # takes a while to import, and few need it
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=b"teammcp secrets").derive(self.text.encode())

    @cached_property
    def id(self) -> str:
        """What tells it from others, and nothing about it."""
        return hashlib.sha256(b"teammcp secrets: id of a key" + self._bytes).hexdigest()[:8]

    @cached_property
    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._bytes)

    def seal(self, value: str, place: bytes) -> str:
        """Encrypt a text for one place: what is sealed for another is not opened there."""
        nonce = os.urandom(NONCE)
        return b64encode(nonce + self._cipher.encrypt(nonce, value.encode(), place)).decode()

    def open(self, sealed: str, place: bytes) -> str | None:
        """The text, or None: it was changed, or sealed for another place."""
        from cryptography.exceptions import InvalidTag

        try:
            data = b64decode(sealed)
            opened: bytes = self._cipher.decrypt(data[:NONCE], data[NONCE:], place)
        except (InvalidTag, ValueError):
            return None
        return opened.decode()


class SecretKeys:
    """The keys of one server.

    Args:
        settings: for ``secret_key``, and the folder of the file.
    """

    def __init__(self, settings: Settings) -> None:
        self._given = settings.secret_key
        self._path = settings.home / FILE
        self._known: dict[str, SecretKey] | None = None
        self._lock = threading.RLock()
        self.missing: dict[str, set[str]] = {}
        """By team, the ids of keys that have sealed something there and that the server has not."""

    @property
    def _keys(self) -> dict[str, SecretKey]:
        """By id, the newest first.

        Raises:
            SecretUnreadable: the file cannot be read, or what it holds is no key.
        """
        with self._lock:
            if self._known is None:
                self._known = self._load()
            return self._known

    def _load(self) -> dict[str, SecretKey]:
        texts = self._lines() if self._given is None else split_keys(self._given.get_secret_value())
        if any(len(text) < SHORTEST_SECRET_KEY for text in texts):
            raise SecretUnreadable(f"{self._path} holds a key of less than {SHORTEST_SECRET_KEY} characters.")
        keys = [SecretKey(text) for text in texts]
        return {key.id: key for key in keys}

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise SecretUnreadable(f"{self._path} cannot be read: {error}.") from None

    def make(self) -> None:
        """Make a key if the server has none, and has sealed nothing with one that is gone.

        Queries run in several threads: two that need a first key get the same one, or one of both would be lost at the
        next start, with what it has sealed.
        """
        with self._lock:
            if self._keys or any(self.missing.values()):
                return
            key = SecretKey(secrets.token_urlsafe(32))
            write_whole(self._path, f"{key.text}\n".encode())
            self._keys[key.id] = key

    def find(self, key_id: str) -> SecretKey | None:
        """The key of that id."""
        return self._keys.get(key_id)

    def newest(self) -> SecretKey:
        """The one that seals.

        Raises:
            SecretUnreadable: the server has none any more.
        """
        for key in self._keys.values():
            return key
        raise SecretUnreadable(f"The key of this server's secrets is gone. {self.remedy}")

    @property
    def ids(self) -> list[str]:
        """Of all keys, the newest first."""
        return list(self._keys)

    @property
    def remedy(self) -> str:
        """What somebody can do who has the wrong key."""
        return (
            f"Put the key back that was used before, into {self._path} or the setting secret_key (TEAMMCP_SECRET_KEY), "
            "and start the server again. If it is lost for good, put a new one of at least 32 characters there, start "
            "the server, and enter the secrets anew."
        )
