"""What is written to a run's program, and when: each turn with all that waits for it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence

from teammcp import Session, Turn

from ...entries import TurnWritten
from ..host import Host
from . import texts
from .bells import unless
from .books import Books
from .deliveries import Deliveries, Kept
from .hearing import Hearing


class TurnWriter:
    """Writes the turns of one run. Let `run` run.

    Args:
        host: of the runner.
        heard: what the run's program does.
        deliveries, books: the agent's.

    Attributes:
        is_paused: nothing is to be begun now.
    """

    def __init__(self, host: Host, heard: Hearing, deliveries: Deliveries, books: Books) -> None:
        self.is_paused = False
        self._host = host
        self._heard = heard
        self._deliveries = deliveries
        self._books = books
        self._capabilities = host.runtimes[heard.home.runtime].capabilities
        self._to_finish: Sequence[Kept] = deliveries.unfinished()
        self._is_closed = False

    def close(self) -> None:
        """The run ends: nothing more is written."""
        self._is_closed = True

    def has_work(self) -> bool:
        """Whether a turn is about to be written."""
        return bool(self._to_finish or self._deliveries.waiting()) and not self.is_paused

    async def run(self, session: Session) -> None:
        """Write to the program what waits for it, as soon as it can take it, until cancelled."""
        while True:
            heard, news = self._heard.bell.next, self._deliveries.news.next
            if self._can_take_more() and (batch := self._next_batch()):
                await self._write(session, batch)
            else:
                await unless(heard.wait(), news.wait())

    def _can_take_more(self) -> bool:
        """Whether a turn may be written now."""
        if self.is_paused or self._is_closed:
            return False
        capabilities, turns = self._capabilities, self._heard.turns
        if not capabilities.lasting:
            return not turns.written
        return not turns.open or (capabilities.mid_turn and not self._to_finish)

    def _next_batch(self) -> list[Kept]:
        """The messages of the next turn, or that join the running one; first what an earlier run was not done with.

        They are about one task at most, so that it is known for which one a turn uses what it uses.
        """
        if self._to_finish:
            return list(self._to_finish)
        waiting = self._deliveries.waiting()
        running = [kept for turn in self._heard.turns.open for kept in turn.messages]
        if waiting and self._heard.home.answers == "reply":
            if self._heard.turns.open and not running:
                return []
            where = running[-1].conversation if running else waiting[0].conversation
            waiting = [kept for kept in waiting if kept.conversation == where]
        tasks = [kept.task for kept in (*running, *waiting) if kept.task is not None]
        return [kept for kept in waiting if kept.task in {None, *tasks[:1]}]

    async def _write(self, session: Session, batch: list[Kept]) -> None:
        heard, home, capabilities = self._heard, self._heard.home, self._capabilities
        if self._to_finish:
            text = texts.unfinished_turn(batch, home.answers, capabilities, is_resumed=heard.is_resumed)
            self._to_finish = ()
        else:
            batch = await self._deliveries.hold(batch)
            if not batch or not self._can_take_more():
                return
            text = texts.messages_turn(batch, home.answers, capabilities)
        turn = Turn(str(uuid.uuid4()), text)
        heard.turns.write(turn.id, batch, self._host.clock.passed())
        self._deliveries.write(turn.id, batch)
        heard.enter(TurnWritten(turn=turn.id, message_ids=[kept.message.id for kept in batch], text=text))
        heard.show_state()
        heard.bell.ring()
        await self._books.flush()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended, which is seen
            await session.send(turn)
