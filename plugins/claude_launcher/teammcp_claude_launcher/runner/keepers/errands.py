"""What a runner has to say to the server as an agent: each said once, in order, whatever is killed meanwhile."""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import Any

from pydantic import BaseModel

from teammcp import Transaction

from ..host import Host
from . import queries
from .agent_api import AgentApi, Denied
from .bells import Bell
from .books import Books

PAGE = 200
PAGES = 5
"""How many messages behind a question are looked through for the agent's own answer."""
TURN = "turn"
"""The field in the metadata of an answer that names the turn it is the answer of."""

log = logging.getLogger(__name__)


class Answered(BaseModel):
    """When an answer is not to be sent: the agent has answered by itself, with its tools.

    Attributes:
        channel: where.
        thread: in which thread; None for the channel itself.
        message_ids: what was to be answered.
    """

    channel: str
    thread: int | None
    message_ids: list[int]


class Errand(BaseModel):
    """A call of an operation.

    Attributes:
        operation: its name.
        arguments: its arguments.
        once: a key under which the server does it once.
        unless: it is not to be done if this is so.
    """

    operation: str
    arguments: dict[str, Any]
    once: str = ""
    unless: Answered | None = None


class Errands:
    """The calls that the server has not answered yet. Let `run` run."""

    def __init__(self, host: Host, agent: str, api: AgentApi, books: Books) -> None:
        self._host = host
        self._agent = agent
        self._api = api
        self._books = books
        self._queue: deque[tuple[int, Errand]] = deque()
        self._open = 0
        self._bell = Bell()

    async def load(self) -> None:
        """Take up what an earlier process has left."""
        for row in await self._host.store.read(queries.errands, self._host.journal.id, self._agent):
            self._queue.append((row["id"], Errand.model_validate_json(row["errand"])))
        self._open = len(self._queue)
        self._bell.ring()

    def add(self, errand: Errand) -> None:
        """Do this, as soon as all that happened before is on the disk."""
        text = errand.model_dump_json()
        self._open += 1

        def added(number: int) -> None:
            self._queue.append((number, errand))
            self._bell.ring()

        self._books.note(lambda tx: queries.add_errand(tx, self._host.journal.id, self._agent, text), added)

    async def until_done(self) -> None:
        """Wait until the server has answered all of them."""
        while True:
            news = self._bell.next
            if not self._open:
                return
            await news.wait()

    async def run(self) -> None:
        """Do them, until cancelled."""
        while True:
            news = self._bell.next
            if not self._queue:
                await news.wait()
                continue
            number, errand = self._queue[0]
            await self._do(errand)
            self._queue.popleft()
            self._open -= 1
            self._books.note(partial(_drop, number))
            self._bell.ring()

    async def _do(self, errand: Errand) -> None:
        try:
            if errand.unless is not None and await self._was_answered(errand.unless):
                return
            await self._api.surely(errand.operation, errand.arguments, once=errand.once)
        except Denied as no:
            log.warning("%s: the server refuses %s: %s", self._agent, errand.operation, no.detail)
            if errand.operation == "send_message":
                text = f"The answer was not sent: {no.detail}"
                self.add(Errand(operation="append_error", arguments={"text": text}, once=f"{errand.once}:refused"))

    async def _was_answered(self, place: Answered) -> bool:
        """Whether the agent has written there itself since, other than by what it said in a turn."""
        after = max(place.message_ids)
        for _ in range(PAGES):
            page = await self._api.surely("get_history", {"channel": place.channel, "after": after, "limit": PAGE})
            if any(self._is_answer(each, place) for each in page["messages"]):
                return True
            if not page["hasMore"] or not page["messages"]:
                return False
            after = page["messages"][-1]["id"]
        return False

    def _is_answer(self, message: dict[str, Any], place: Answered) -> bool:
        if message["from_agent"] != self._agent or TURN in (message.get("metadata") or {}):
            return False
        return message["thread"] in {None, place.thread, *place.message_ids}


def _drop(number: int, tx: Transaction) -> None:
    queries.drop_errand(tx, number)
