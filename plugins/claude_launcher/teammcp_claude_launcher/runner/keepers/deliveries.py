"""The messages of one agent: waited for, held while they wait for its program, confirmed once the program has them.

A message is handed over to this runner, and is the runner's until it says that it has arrived. It says so when the
program shows that it has taken the turn up. Until then the message is held: nobody else gets it meanwhile, and if this
runner is gone, it comes again to whoever asks next.

Each wait has a reader's name of its own. So a message whose answer was lost on its way comes again by the rules for
another reader, and what is held never wakes the wait.
"""

from __future__ import annotations

import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from teammcp import Message, Row

from ...turn_words import SERVER
from ..host import Host
from . import queries
from .agent_api import AgentApi, Denied, Unanswered, pauses
from .bells import Bell
from .books import Books
from .errands import Errand, Errands

WAIT = 50
"""Seconds for which the server is asked to wait: a connection that was cut unseen is noticed soon after."""
MARGIN = 10.0
AT_ONCE = 50
"""Messages that are taken at once, and that wait here at most; the others wait on the server."""
HOLD_EVERY = 10.0
"""Seconds between two words that messages are still wanted."""
DENIED_PAUSE = 15.0
REMEMBERED = 1000
"""Messages that are remembered when they are dealt with: an answer with them may still be on its way."""


@dataclass
class Kept:
    """A message that was handed over.

    Attributes:
        message: itself.
        reader: the name under which it was handed over.
        is_again: the agent may have it already.
        turn: the turn in which it was written to the program.
        is_taken: the program has taken that up.
        starts_since: since when it waits for a program that is being started, in seconds of the clock that nobody sets.
        is_told: its sender was told that nothing shows of work on it.
    """

    message: Message
    reader: str
    is_again: bool
    turn: str | None = None
    is_taken: bool = False
    starts_since: float | None = None
    is_told: bool = False

    @property
    def conversation(self) -> tuple[str, int | None]:
        """The channel and the thread that it is in."""
        return self.message.channel_id, self.message.thread

    @property
    def task(self) -> int | None:
        """The task that the server tells of in it."""
        if self.message.from_agent != SERVER:
            return None
        task = (self.message.metadata or {}).get("task_id")
        return task if isinstance(task, int) else None


class Deliveries:
    """The messages of one agent that are in this runner's hands."""

    def __init__(self, host: Host, agent: str, api: AgentApi, books: Books, errands: Errands) -> None:
        self._host = host
        self._agent = agent
        self._api = api
        self._books = books
        self._errands = errands
        self._kept: dict[int, Kept] = {}
        self._done: deque[int] = deque(maxlen=REMEMBERED)
        self._spent: Collection[int] = ()
        self._room = Bell()
        self.news = Bell()
        """Rings when a message comes."""

    async def load(self) -> None:
        """Take up what an earlier process has left: what its programs have not shown to have is written again."""
        for row in await self._host.store.read(queries.kept_messages, self._host.journal.id, self._agent):
            kept = _from(row)
            self._kept[kept.message.id] = kept
        untaken = [kept for kept in self._kept.values() if kept.turn is not None and not kept.is_taken]
        self.write_again(untaken)

    # -- what is there -------------------------------------------------------------------------------------------------

    def waiting(self) -> list[Kept]:
        """What is to be written to the program, oldest first."""
        return self._sorted(kept for kept in self._kept.values() if kept.turn is None and not self._is_withheld(kept))

    def unfinished(self) -> list[Kept]:
        """What a program has taken up, and was not done with."""
        return self._sorted(kept for kept in self._kept.values() if kept.is_taken and not self._is_withheld(kept))

    def _sorted(self, found: Iterable[Kept]) -> list[Kept]:
        return sorted(found, key=lambda kept: kept.message.id)

    def _is_withheld(self, kept: Kept) -> bool:
        return kept.task in self._spent

    def withhold(self, spent: Collection[int]) -> None:
        """What is about these tasks, and no others, waits: they have used up what they may."""
        if set(spent) != set(self._spent):
            self._spent = frozenset(spent)
            self._room.ring()
            self.news.ring()

    # -- how it comes --------------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Wait at the server for messages, until cancelled."""
        attempts = pauses()
        while True:
            await self._until_room()
            reader = f"run:{uuid.uuid4().hex}"
            asked_at = self._host.clock.passed()
            try:
                answer = await self._api.call(
                    "wait_for_messages", {"timeout": WAIT, "limit": AT_ONCE}, reader=reader, timeout=WAIT + MARGIN
                )
                self._take(answer, reader)
            except Unanswered as missing:
                await self._host.clock.sleep(max(next(attempts), missing.after))
                continue
            except (Denied, ValueError, KeyError, TypeError):
                await self._host.clock.sleep(DENIED_PAUSE)
                continue
            if answer["messages"] or self._host.clock.passed() - asked_at > 1:
                attempts = pauses()
            else:  # a server that is about to stop, or something between, answers at once and empty
                await self._host.clock.sleep(next(attempts))

    async def _until_room(self) -> None:
        while True:
            news = self._room.next
            if len(self.waiting()) < AT_ONCE:
                return
            await news.wait()

    def _take(self, answer: Any, reader: str) -> None:
        again = set(answer["again"])
        rows = []
        for data in answer["messages"]:
            message = Message.model_validate(data)
            if message.id in self._done:
                continue
            known = self._kept.get(message.id)
            if known is None:
                known = self._kept[message.id] = Kept(message, reader, message.id in again)
            known.reader = reader
            rows.append((message.id, reader, int(known.is_again), message.model_dump_json(by_alias=True)))
        if rows:
            self._note(queries.keep_messages, rows)
            self.news.ring()

    async def adopt(self, message_ids: Iterable[int]) -> None:
        """Go on with messages that the agent has taken up on another machine, and was not done with there."""
        known = {*self._kept, *self._done}
        for message_id in message_ids:
            if message_id in known:
                continue
            try:
                data = await self._api.surely("get_message", {"message_id": message_id})
            except Denied:
                continue  # nobody may read it any more
            kept = Kept(Message.model_validate(data), "", True, f"moved:{message_id}", True)
            self._kept[message_id] = kept
            self._note(queries.keep_messages, [(message_id, "", 1, kept.message.model_dump_json(by_alias=True))])
            self._note(queries.set_turn, kept.turn, [message_id])
            self._note(queries.set_taken, kept.turn)

    # -- how it is held ------------------------------------------------------------------------------------------------

    async def hold(self, wanted: Sequence[Kept]) -> list[Kept]:
        """Those that are still the runner's, which they stay for a while; the others are let go. Asks until it knows.

        The agent may have read them by its tools meanwhile.
        """
        mine: set[int] = set()
        for reader, ids in _by_reader(wanted):
            try:
                answer = await self._api.surely("hold_messages", {"message_ids": ids}, reader=reader)
            except Denied:
                await self._host.clock.sleep(DENIED_PAUSE)
                return []
            mine.update(answer["message_ids"])
            self._let_go(
                kept
                for kept in wanted
                if kept.message.id in ids and kept.message.id not in mine and kept.reader == reader and not kept.turn
            )
        return [kept for kept in wanted if kept.message.id in mine and not self._is_withheld(kept)]

    async def keep_holding(self) -> None:
        """Hold what waits and what was written, until cancelled."""
        while True:
            await self._host.clock.sleep(HOLD_EVERY)
            untaken = [kept for kept in self._kept.values() if not kept.is_taken]
            for reader, ids in _by_reader(untaken):
                try:
                    await self._api.call("hold_messages", {"message_ids": ids}, reader=reader)
                except (Unanswered, Denied):
                    break  # the next time, or before they are written

    def _let_go(self, lost: Iterable[Kept]) -> None:
        self._drop([kept.message.id for kept in lost])

    # -- what becomes of it --------------------------------------------------------------------------------------------

    def write(self, turn: str, messages: Sequence[Kept]) -> None:
        """They are about to be written to the program."""
        for kept in messages:
            kept.turn = turn
        self._note(queries.set_turn, turn, [kept.message.id for kept in messages])
        self._room.ring()

    def write_again(self, messages: Sequence[Kept]) -> None:
        """The program has ended without having shown that it has them."""
        for kept in messages:
            kept.turn, kept.is_again = None, True
        if messages:
            self._note(queries.set_turn, None, [kept.message.id for kept in messages])

    def take_up(self, turn: str) -> None:
        """The program has shown that it has a turn: its messages have arrived, which the server is told."""
        ids = [kept.message.id for kept in self._kept.values() if kept.turn == turn and not kept.is_taken]
        if not ids:
            return
        for message_id in ids:
            self._kept[message_id].is_taken, self._kept[message_id].is_told = True, False
        self._note(queries.set_taken, turn)
        self._errands.add(Errand(operation="confirm_messages", arguments={"message_ids": ids}))

    def finish(self, messages: Iterable[Kept]) -> None:
        """They are dealt with."""
        ids = [kept.message.id for kept in messages]
        self._done.extend(ids)
        self._drop(ids)

    def give_up(self) -> None:
        """Nobody goes on with what a program has taken up, and was not done with."""
        self.finish([kept for kept in self._kept.values() if kept.is_taken])

    def _drop(self, ids: Sequence[int]) -> None:
        for message_id in ids:
            self._kept.pop(message_id, None)
        if ids:
            self._note(queries.drop_messages, ids)
            self._room.ring()

    def _note(self, query: Callable[..., Any], *arguments: Any) -> None:
        self._books.note(lambda tx: query(tx, self._host.journal.id, self._agent, *arguments))


def _from(row: Row) -> Kept:
    message = Message.model_validate_json(row["message"])
    return Kept(message, row["reader"], bool(row["is_again"]), row["turn"], bool(row["is_taken"]))


def _by_reader(messages: Iterable[Kept]) -> list[tuple[str, list[int]]]:
    found: dict[str, list[int]] = defaultdict(list)
    for kept in messages:
        found[kept.reader].append(kept.message.id)
    return list(found.items())
