"""New keys, each kept for some minutes for the browser that made it, so that a reload shows it again.

Only this process's memory has them: nothing is written, and no address or log names more than whose key it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Unauthorized
from ..keys import hash_key
from ..server import Server

SECONDS = 600
"""How long a key can be looked at again, unless somebody says before that it is saved."""
MOST = 1000
"""Keys kept at once; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class _NewKey:
    key: str
    ends_at: float


class NewKeys:
    """The keys that browsers are being shown, by session and member.

    Args:
        server: says whether a key is still valid.
        monotonic: seconds that only go forward.
    """

    def __init__(self, server: Server, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._monotonic = monotonic
        self._kept: dict[tuple[str, str], _NewKey] = {}

    def keep(self, session: str, name: str, key: str) -> None:
        """Keep a member's new key for the browser with this session token."""
        self._prune()
        place = (hash_key(session), name)
        self._kept.pop(place, None)  # the order is that of their ends
        self._kept[place] = _NewKey(key, self._monotonic() + SECONDS)
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def find(self, session: str, name: str) -> str | None:
        """The new key of a member, if this browser made it a short time ago and it is still valid."""
        self._prune()
        found = self._kept.get((hash_key(session), name))
        if found is None or not self._valid(found.key):
            self.forget(session, name)
            return None
        return found.key

    def forget(self, session: str, name: str) -> None:
        """The key is saved, or of no use any more."""
        self._kept.pop((hash_key(session), name), None)

    def _prune(self) -> None:
        now = self._monotonic()
        for place, kept in list(self._kept.items()):
            if kept.ends_at > now:
                break
            del self._kept[place]

    def _valid(self, key: str) -> bool:
        try:
            self._server.identity.authenticate(key)
        except Unauthorized:
            return False
        return True
