"""A helper inside another program that runs beside the session anyway, as ``teammcp connect`` does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from .claude import InboxSession, Place, find
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
    place = find(environment)
    if place is None or not place.inbox:
        yield
        return
    beside = _Beside(place, base, key)
    thread = threading.Thread(target=beside.run, name="waking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        beside.stop()
        thread.join(LAST_WORDS)


@dataclass
class _Beside:
    place: Place
    base: str
    key: str
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        session = InboxSession(self.place)
        self._asker = Asker(self.base, self.key, session)
        self._helper = Helper(session, self._asker)

    def stop(self) -> None:
        self._stopped.set()
        self._helper.stop()

    def run(self) -> None:
        try:
            while not self._stopped.wait(TRIES) and self.place.process.lives() and not self._rings():
                pass
        except OSError as error:
            log.warning("the session is not woken for messages: %s", error)

    def _rings(self) -> bool:
        """Be the helper as long as there is one to be; whether this one was it."""
        with only_one("claude", self.place.process, self.base, self.key) as alone:
            if alone and self._helper.run() is End.STOPPED:
                self._asker.end()
            return alone
