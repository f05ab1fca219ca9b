"""Handing messages to an agent's turn: each one once, as far as its readers give a sign of having it.

What is handed over is offered once the reader has given a sign (see `teammcp.members.readers`). What nobody has given
one for in time comes again, marked as such: to the same reader once more, and to every other.

A message *calls* unless its priority is ``later``; one that does not wakes nobody and ends no wait, and comes with a
turn that begins anyway, or beside one that calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from ...operations import Context
from ...server import Team
from ...storage import Reader, Row, Transaction
from .. import deliveries
from ..messages import messages_by_id
from .models import Waited
from .settings import InboxSettings

PAGE = 50
TWICE = 2
"""How often one reader is handed the same message at most."""
READERS = 20
"""Marks of readers that are kept of a message."""
CONFIRMS = "+"
"""At the end of the marks of readers that say themselves what has arrived."""
GIVEN_BACK = "-"
"""Stands behind the marks where the last reader will give no sign of having it."""


@dataclass(frozen=True)
class Asking:
    """Somebody who asks for what is new.

    Attributes:
        agent: the member.
        mark: that of its reader, as it is kept.
        now, opened_at: milliseconds; what was handed over before the team was opened nobody gives a sign of.
        grace: how many milliseconds the same reader has for its sign.
        patience: how many other readers have.
        begins: the program begins, so that no earlier one is waited for.
    """

    agent: str
    mark: str
    now: int
    opened_at: int
    grace: int
    patience: int
    begins: bool

    @classmethod
    def of(cls, context: Context, *, begins: bool = False) -> Asking:
        """The reader that asks by a call."""
        settings: InboxSettings = context.settings("inbox")
        patience = settings.confirm_seconds * 1000
        reader = context.reader
        mark = "within" if reader is None else blake2b(reader.name.encode(), digest_size=5).hexdigest()
        mark += CONFIRMS if reader is not None and reader.confirms else ""
        grace = patience if reader is None else min(reader.grace, patience)
        return cls(context.actor.name, mark, context.now(), context.team.opened_at, grace, patience, begins)

    def is_own(self, mark: str) -> bool:
        """Whether a mark is that of this reader, which may say or not say itself what has arrived."""
        return mark.removesuffix(CONFIRMS) == self.mark.removesuffix(CONFIRMS)

    def due(self, row: Row) -> int | None:
        """From when on a message may be handed over; None if it is not to be, ever."""
        if row["handed_at"] is None:
            return 0
        marks = row["handed_to"].split()
        if sum(map(self.is_own, marks)) >= TWICE:
            return None
        last = marks[-1] if marks else GIVEN_BACK
        if last == GIVEN_BACK or row["handed_at"] < self.opened_at:
            return 0
        at: int = row["handed_at"]
        if self.is_own(last):
            return at + self.grace
        # A command that is at work may itself have started the program.
        return 0 if self.begins and not last.endswith(CONFIRMS) else at + self.patience


def next_due(reader: Reader, asking: Asking) -> int | None:
    """From when on there is something that calls who asks: now, later, or (None) when something comes."""
    found: int | None = None
    for row in calling(reader, asking.agent):
        due = asking.due(row)
        if due is not None and (found is None or due < found):
            found = due
        if due is not None and due <= asking.now:
            break
    return found


def newest_due(reader: Reader, asking: Asking) -> int | None:
    """The newest message that calls who asks, and is there to hand over."""
    return max((row["message_id"] for row in calling(reader, asking.agent) if _is_ready(asking, row)), default=None)


def anything_calls(reader: Reader, asking: Asking) -> bool:
    """Whether something that calls who asks is there to hand over."""
    return any(_is_ready(asking, row) for row in calling(reader, asking.agent))


def anything_new(reader: Reader, asking: Asking) -> bool:
    """Whether something is there to hand over to who asks, be it that calls or one that does not."""
    return any(_is_ready(asking, row) for row in _waiting(reader, asking.agent))


def hand_over(context: Context, tx: Transaction, way: str, limit: int, *, begins: bool = False) -> Waited:
    """The oldest messages to the actor of which no reader has given a sign, noted as handed over by ``way``.

    A caller inside the process has its answer, so to it they are offered at once.

    Args:
        context: of the call.
        tx: its transaction.
        way: in one word: wait, hook.
        limit: how many at most; fewer if they are too long to be taken at once.
        begins: the actor's program begins, so that earlier ones are waited for no more.
    """
    asking = Asking.of(context, begins=begins)
    ready = (row for row in _waiting(tx, asking.agent) if _is_ready(asking, row))
    rows = list(islice(ready, limit + 1))
    messages = context.budget().fit(messages_by_id(tx, [row["message_id"] for row in rows[:limit]]))
    ids = [message.id for message in messages]
    taken = rows[: len(ids)]
    if context.reader is None:
        deliveries.offer(tx, asking.agent, ids, way, asking.now)
    elif ids:
        marks = {row["message_id"]: _marked(row["handed_to"], asking.mark) for row in taken}
        deliveries.hand(tx, asking.agent, marks, way, asking.now)
        handed = HandedOver(context.team, asking.agent, ids, asking.mark)
        tx.on_commit(lambda: context.team.signs.hand(context, handed))
    again = [row["message_id"] for row in taken if row["handed_at"] is not None]
    return Waited(messages=messages, again=again, more=len(rows) > len(taken))


def _waiting(reader: Reader, agent: str) -> Iterator[Row]:
    """The messages of which no reader has given a sign, the oldest first."""
    after = 0
    while rows := deliveries.unoffered(reader, agent, after, PAGE):
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1]["message_id"]


def calling(reader: Reader, agent: str) -> Iterator[Row]:
    """Those of them that call, the oldest first."""
    return (row for row in _waiting(reader, agent) if row["calls"])


def _is_ready(asking: Asking, row: Row) -> bool:
    due = asking.due(row)
    return due is not None and due <= asking.now


def _marked(marks: str, mark: str) -> str:
    return " ".join([*(each for each in marks.split() if each != GIVEN_BACK), mark][-READERS:])


@dataclass(frozen=True)
class HandedOver:
    """Messages that an answer has handed over; a `teammcp.members.readers.Handover`."""

    team: Team
    agent: str
    message_ids: list[int]
    mark: str

    async def arrived(self) -> None:
        """Its reader has them."""
        await Context.inside(self.team).call("note_arrival", agent=self.agent, message_ids=self.message_ids)

    async def lost(self, *, surely: bool) -> None:
        """Nobody has them, or will ever say so."""
        about = {"agent": self.agent, "message_ids": self.message_ids, "mark": self.mark}
        await Context.inside(self.team).call("take_back", **about, surely=surely)
