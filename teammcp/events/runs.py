"""Which stretch of the log an event was written in, so that a cursor of another log is known for what it is.

Ids are numbers that go up, so after an older backup is restored they come again, for other events. Whoever has come
further would miss those without a word. So each run of a server that appends something begins a stretch of the log,
with a mark of its own, made at random, and a cursor carries the mark of the stretch that its event belongs to. The log
that a cursor is shown knows that stretch and how far it goes, or it is another log.
"""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections.abc import Iterable

from ..errors import Gone
from ..storage import Transaction
from . import queries

SHIFT = 33
"""Bits of a cursor for the event's id: enough for eight thousand million events, with room for a mark in a number that
JavaScript keeps exactly."""
LARGEST_ID = (1 << SHIFT) - 1
FIRST_MARK, LAST_MARK = 2**19, 2**20 - 1
"""Cursors are all greater than any number that somebody may have taken for an id."""


def id_in(cursor: int) -> int:
    """The id of the event that a cursor stands behind."""
    return cursor & LARGEST_ID


class Runs:
    """The stretches of one log, oldest first.

    Args:
        known: the first id and the mark of each, as `queries.runs` returns them.
    """

    def __init__(self, known: Iterable[tuple[int, int]] = ()) -> None:
        found = sorted(known)
        self._firsts = [first for first, _ in found]
        self._marks = [mark for _, mark in found]
        self.mark = _random_mark()
        """Of what this process appends."""
        while self.mark in self._marks:
            self.mark = _random_mark()
        self._begun = False

    def begin(self, tx: Transaction, first_id: int) -> None:
        """Note in the transaction of the first event that a stretch begins with it; nothing for those behind it."""
        if self._begun:
            return
        queries.begin_run(tx, self.mark, first_id)
        tx.on_commit(lambda: self._note(first_id))

    def _note(self, first_id: int) -> None:
        if not self._begun:  # several works of one batch have tried, and are told in order
            self._begun = True
            self._firsts.append(first_id)
            self._marks.append(self.mark)

    def cursor(self, event_id: int) -> int:
        """The cursor behind an event of this log."""
        place = bisect_right(self._firsts, event_id)
        return event_id if not place else self._marks[place - 1] << SHIFT | event_id

    def place(self, cursor: int, last_id: int) -> int:
        """The id of the event that a cursor stands behind. A plain id is taken as it is, if there was such an event.

        Args:
            cursor: what somebody came with.
            last_id: of the newest event.

        Raises:
            Gone: it is a cursor of another log, or of the future; ``since`` is the last point up to which both are
                known to be the same.
        """
        mark, event_id = cursor >> SHIFT, id_in(cursor)
        if not FIRST_MARK <= mark <= LAST_MARK:
            if cursor > last_id:  # nobody can have been told of it by this log
                raise _other(self.cursor(last_id))
            return cursor
        if mark not in self._marks:
            raise _other(0)
        number = self._marks.index(mark)
        end = self._firsts[number + 1] - 1 if number + 1 < len(self._firsts) else last_id
        if not self._firsts[number] <= event_id <= end:
            raise _other(self.cursor(end))
        return event_id


def _random_mark() -> int:
    return FIRST_MARK + secrets.randbelow(LAST_MARK - FIRST_MARK + 1)


def _other(since: int) -> Gone:
    return Gone(
        "since: this cursor is of another state of the log: an older backup was restored, and what came behind it then "
        f"is gone. Go on with since={since}"
        + (", up to where both are the same," if since else ", from the oldest event that is left,")
        + " and read anew what you keep of later events.",
        code="log_restored",
        since=since,
    )
