"""The keeper of one agent: it begins runs of its program when there is a reason, and sees to what follows an end."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import Callable, Mapping
from functools import partial

from ...entries import FAILURES, GIVEN_UP, Ended, EndReason
from ...protocol import Home
from ..host import Host, Refusal, Unconnected
from . import queries
from .agent_api import AgentApi
from .bells import Bell, unless
from .books import Books
from .deliveries import Deliveries
from .errands import Errands
from .run import Run
from .watching import Failures

REFUSED_PAUSE = 60.0
"""Seconds until a run that was refused is asked for again, if neither orders nor a message come before."""
UNCONNECTED_PAUSE = 5.0
LAST_ERRANDS = 2.0
"""Seconds for what is still to be said to the server when the runner ends. What is left is said by the next one."""
LAST_WRITES = 3.0
"""Seconds for what is still to be written down when the runner ends: a disk that takes nothing keeps nobody."""
OVER = "run_over"
"""The code of a refusal: the run that was asked for has ended already."""

log = logging.getLogger(__name__)


class Keeper:
    """Keeps one agent. Give it orders with `apply`, and let `keep` run.

    Attributes:
        agent: its name.
        run: the run that lives; None if there is none.
    """

    def __init__(self, host: Host, agent: str) -> None:
        self.agent = agent
        self.run: Run | None = None
        self._host = host
        self._home: Home | None = None
        self._paused = ""
        self._spent: Mapping[int, str] = {}
        self._is_closing = False
        self._bell = Bell()
        self._api = AgentApi(host.client, host.clock)
        self._books = Books(host)
        self._errands = Errands(host, agent, self._api, self._books)
        self._deliveries = Deliveries(host, agent, self._api, self._books, self._errands)
        self._begun = 0
        self._granted: int | None = None
        self._request: tuple[str, str] | None = None
        self._conversation: str | None = None
        self._is_to_restart = False
        self._is_stopped = False
        self._failures = Failures()
        self._refused_until = 0.0
        self._failed_until = 0.0
        self._cuts = 0
        self._is_connected = True

    # -- what it is told -----------------------------------------------------------------------------------------------

    def apply(self, home: Home, paused: str, spent: Mapping[int, str]) -> None:
        """From now on these are the agent's orders. ``spent``: the tasks on which it may not work, and why."""
        before, self._home = self._home, home
        if (home, paused, True) != (before, self._paused, self._is_connected):
            self._refused_until = 0.0
        self._paused, self._spent, self._is_connected = paused, spent, True
        self._deliveries.withhold(spent.keys())
        if home.key and self._api.use(home.key):
            self._cuts += 1
        is_another = before is not None and home.conversation != before.conversation
        if is_another or self._begins_anew(self._begun):
            self._conversation = None
        if before is not None and home.started > before.started:
            self._failures.forget()
            self._failed_until = 0.0
        if not home.wanted:
            self._stop()
        self._follow_orders(home)
        self._bell.ring()

    def _follow_orders(self, home: Home) -> None:
        run = self.run
        if run is None:
            return
        run.follow(home, is_paused=bool(self._paused))
        if not home.wanted:
            run.end("stopped")
        elif home.held:
            run.end("over_limit" if home.key else "stopped", home.held)
        elif run.begun < home.renewed:
            run.end("restarted")
        else:
            self._note_begun(home.started)
            run.stop_at(self._spent)

    def disconnected(self) -> None:
        """The server was away: whoever waits there may wait on a connection that is dead."""
        self._is_connected = False
        self._cuts += 1
        self._bell.ring()

    @property
    def live_run(self) -> int | None:
        """The number of the run that was granted and has not ended."""
        return self._granted

    async def end(self, reason: EndReason, detail: str) -> None:
        """End the run that lives, if there is one. When it returns, nothing of it is left."""
        if self.run is not None:
            self._is_stopped = reason == "stopped"
            self.run.end(reason, detail)
        await self._until(lambda: self.run is None)

    async def close(self, reason: EndReason, detail: str) -> None:
        """The same, and begin no more."""
        self._is_closing = True
        self._bell.ring()
        if self.run is not None:
            self.run.end(reason, detail)
        await self._until(lambda: self.run is None)
        await unless(self._until(lambda: self._granted is None), asyncio.sleep(LAST_WRITES))
        if self._is_connected:
            await unless(self._errands.until_done(), asyncio.sleep(LAST_ERRANDS))
        await unless(self._books.flush(), asyncio.sleep(LAST_WRITES))

    async def forget(self) -> None:
        """The agent lives here no more."""
        await self._host.store.write(lambda tx: queries.forget_agent(tx, self._host.journal.id, self.agent))

    # -- what it does --------------------------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Keep the agent, until cancelled."""
        self._begun = await self._host.store.read(queries.begun, self._host.journal.id, self.agent)
        await self._errands.load()
        await self._deliveries.load()
        if self._home is not None and not self._home.wanted:
            self._stop()
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._books.keep(), self._errands.run(), self._listen(), self._hear(), self._begin_runs()):
                    group.create_task(work)
        finally:
            await self._api.close()

    async def _listen(self) -> None:
        """Wait at the server for messages, and hold what has come, while the agent is to run."""
        while True:
            await self._until(self._may_run)
            over = self._until(partial(self._is_to_wait_anew, self._cuts))
            await unless(over, self._deliveries.follow(), self._deliveries.keep_holding())

    def _is_to_wait_anew(self, cuts: int) -> bool:
        return not self._may_run() or self._cuts != cuts

    async def _hear(self) -> None:
        """See that messages have come."""
        while True:
            await self._deliveries.news.next.wait()
            self._refused_until = 0.0
            self._bell.ring()

    async def _begin_runs(self) -> None:
        while True:
            bell = self._bell.next
            cause = self._cause()
            if cause is not None:
                await self._one_run(cause)
                continue
            later = max(self._refused_until, self._failed_until) - self._host.clock.passed()
            if 0 < later < math.inf:
                await unless(bell.wait(), self._host.clock.sleep(later))
            else:
                await bell.wait()

    # -- whether there is a reason to run ------------------------------------------------------------------------------

    def _may_run(self) -> bool:
        home = self._home
        return home is not None and home.wanted and not home.held and not self._paused and not self._is_closing

    def _cause(self) -> str | None:
        """Who or what is a reason to begin a run now; None if there is none."""
        if self._is_closing or self._home is None or self._refused_until > self._host.clock.passed():
            return None
        if self._request is not None:  # there may be a run already
            return self._request[1]
        if not self._may_run() or self._failed_until > self._host.clock.passed():
            return None
        if self._home.started > self._begun and (self._is_lasting() or self._deliveries.waiting()):
            return self._home.started_by or "start"
        if self._deliveries.unfinished() or self._is_to_restart:
            return "restart"
        return "message" if self._deliveries.waiting() else None

    def _is_lasting(self) -> bool:
        runtime = self._host.runtimes.get(self._home.runtime) if self._home is not None else None
        return runtime is None or runtime.capabilities.lasting

    # -- one run -------------------------------------------------------------------------------------------------------

    async def _one_run(self, cause: str) -> None:
        if not await self._take_slot():
            return
        made_room = False
        try:
            self._granted = await self._begin(cause)
            if self._granted is not None:
                made_room = await self._live(self._granted)
        finally:
            self._granted = None
            self._host.slots.give_back(made_room=made_room)
            self._bell.ring()

    async def _take_slot(self) -> bool:
        """Wait for one of the machine's places, as long as there is a reason to run."""

        async def take() -> bool:
            await self._host.slots.take()
            return True

        return await unless(take(), self._until(lambda: self._cause() is None)) or False

    async def _begin(self, cause: str) -> int | None:
        """Ask the server for a run; its number, or None if there is none now."""
        assert self._home is not None  # noqa: S101 - there is a cause
        request, cause = self._request = self._request or (str(uuid.uuid4()), cause)
        resumes = self._next_conversation() is not None
        now = self._host.clock.passed()
        try:
            granted = await self._host.begin(self.agent, cause, request, resumes)
        except Unconnected:
            self._refused_until = now + UNCONNECTED_PAUSE
            return None
        except Refusal as refusal:
            self._request = None
            if refusal.code != OVER:
                log.info("no run of %s: %s", self.agent, refusal.detail)
                self._refused_until = now + REFUSED_PAUSE
            return None
        self._request = None
        self._granted = granted.run
        await unless(self._deliveries.adopt(granted.unfinished), self._until(lambda: not self._may_run()))
        return granted.run

    def _begins_anew(self, begun: int) -> bool:
        """Whether what follows the order to start of this number is to know nothing of it."""
        return self._home is not None and begun < self._home.renewed and self._home.conversation is None

    def _next_conversation(self) -> str | None:
        return self._conversation or (self._home.conversation if self._home is not None else None)

    async def _live(self, number: int) -> bool:
        """Have a run that was granted; whether it has ended because others needed its place."""
        home = self._home
        assert home is not None  # noqa: S101 - there was a cause
        self._note_begun(home.started)
        self._is_to_restart = made_room = False
        ended = self._why_not(home)
        if ended is None:
            ended, made_room = await self._run_it(number, home)
        else:
            self._host.journal.append(number, ended)
        self._follow_end(ended)
        await self._books.flush()
        return made_room

    def _why_not(self, home: Home) -> Ended | None:
        """Why a run that was granted ends before its program has started."""
        if not self._may_run():
            return Ended(reason="stopped", detail=home.held or self._paused)
        if home.runtime not in self._host.runtimes:
            known = ", ".join(sorted(self._host.runtimes))
            return Ended(
                reason="not_started", detail=f"This machine knows no runtime '{home.runtime}', but these: {known}."
            )
        return None

    async def _run_it(self, number: int, home: Home) -> tuple[Ended, bool]:
        run = self.run = Run(
            self._host,
            number,
            home.model_copy(update={"conversation": self._next_conversation()}),
            home.started,
            api=self._api,
            books=self._books,
            deliveries=self._deliveries,
            errands=self._errands,
        )
        try:
            return await run.live(), run.made_room
        finally:
            if not self._begins_anew(run.begun):
                self._conversation = run.conversation or self._conversation
            self.run = None
            self._bell.ring()

    def _follow_end(self, ended: Ended) -> None:
        if self._is_stopped or ended.reason in GIVEN_UP:
            self._give_up()
        if ended.reason not in FAILURES:
            return
        assert self._home is not None  # noqa: S101 - it has run
        now = self._host.clock.passed()
        self._failures.add(now)
        pause = self._failures.pause(self._home.limits.restarts)
        self._failed_until = math.inf if pause is None else now + pause
        self._is_to_restart = self._is_lasting()

    def _stop(self) -> None:
        """Somebody wants it to run no more: what it was doing is given up, once it has ended."""
        self._is_to_restart, self._is_stopped = False, True
        if self.run is None:
            self._give_up()

    def _give_up(self) -> None:
        """Nobody goes on with the turn that was running."""
        self._is_stopped = False
        self._deliveries.give_up()

    def _note_begun(self, number: int) -> None:
        """An order to start the agent was followed."""
        if number > self._begun:
            self._begun = number
            self._books.note(lambda tx: queries.set_begun(tx, self._host.journal.id, self.agent, number))

    # -- waiting -------------------------------------------------------------------------------------------------------

    async def _until(self, condition: Callable[[], bool]) -> None:
        while True:
            bell = self._bell.next
            if condition():
                return
            await bell.wait()
