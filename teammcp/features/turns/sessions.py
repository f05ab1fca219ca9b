"""What is remembered of sessions of agents' programs."""

from __future__ import annotations

REMEMBERED = 1_000
"""Sessions of a team, the last ones: some end without a word."""

Session = tuple[str, str]
"""An agent, and the session of its program."""


class Sessions:
    """A set of sessions, of which the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._kept: dict[Session, None] = {}

    def __contains__(self, session: Session) -> bool:
        return session in self._kept

    def add(self, session: Session) -> None:
        """Remember one, as the newest."""
        self.discard(session)
        self._kept[session] = None
        if len(self._kept) > REMEMBERED:
            del self._kept[next(iter(self._kept))]

    def discard(self, session: Session) -> None:
        """Forget one, if it is remembered."""
        self._kept.pop(session, None)
