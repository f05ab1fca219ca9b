"""A helper inside another program that runs beside the session anyway, as ``teammcp connect`` does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .claude import SOCKET, InboxSession, Place, find_by_inbox
from .lock import only_one
from .loop import Asker, End, Helper

TRIES = 5.0
"""Seconds between two times at which it looks whether it is needed: a hook of the session is to be first."""
LAST_WORDS = 2.0
"""Seconds that it has at the end."""

log = logging.getLogger(__name__)


@contextmanager
def waking(environment: Mapping[str, str], base: str, key: str) -> Iterator[None]:
    """Wake the session of Claude Code whose MCP server this program is, if it is one and nobody else does.

    Args:
        environment: of this program.
        base: the server's address.
        key: the agent's.
    """
    if SOCKET not in environment:
        yield
        return
    beside = _Beside(environment, base, key)
    thread = threading.Thread(target=beside.run, name="waking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        beside.stop()
        thread.join(LAST_WORDS)


class _Beside:
    def __init__(self, environment: Mapping[str, str], base: str, key: str) -> None:
        self._environment, self._base, self._key = environment, base, key
        self._stopped = threading.Event()
        self._helper: Helper | None = None

    def stop(self) -> None:
        self._stopped.set()
        if (helper := self._helper) is not None:
            helper.stop()

    def run(self) -> None:
        try:
            while not self._stopped.wait(TRIES):
                place = find_by_inbox(self._environment)
                if place is not None and self._rings(place):
                    return
        except OSError as error:
            log.warning("the session is not woken for messages: %s", error)

    def _rings(self, place: Place) -> bool:
        """Be the session's helper as long as there is something to do; whether this one was it."""
        session = InboxSession(place)
        asker = Asker(self._base, self._key, session)
        with only_one("claude", place.process, self._base, self._key) as alone:
            if alone:
                self._helper = Helper(session, asker)
                if self._stopped.is_set() or self._helper.run() is End.STOPPED:
                    asker.end()
            return alone
