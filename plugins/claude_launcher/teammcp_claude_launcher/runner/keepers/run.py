"""One run of an agent's program, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from teammcp import NotInstalled, Runtime, Session, StartFailed, TeamError

from ... import sentences
from ...entries import Ended, EndReason, Noted, TeamTools
from ...protocol import Home
from ..host import Host, Refusal
from . import starting
from .agent_api import AgentApi
from .bells import unless
from .books import Books
from .deliveries import Deliveries
from .errands import Errands
from .hearing import Hearing
from .veil import Veil
from .writing import TurnWriter

START_SECONDS = 300.0
"""Seconds within which a program is ready for its first turn. It may have to be fetched first."""
LOOK_EVERY = 15.0
"""Seconds between two looks at what its processes have in memory."""
BREAKS_OFF = 15.0
"""Seconds within which a program that can breaks off a turn."""
LAST_WORDS = 2.0
"""Seconds within which a program whose processes are gone is known to have ended."""
MB = 1024 * 1024

log = logging.getLogger(__name__)


class Run:
    """A run that the server has granted.

    Args:
        host: of the runner.
        number: of the run.
        home: how it is to be.
        begun: the number of the order that it follows.
        api: the server, as the agent uses it.
        books, deliveries, errands: the agent's.

    Attributes:
        number, begun: see above.
        session: None while no program runs.
        ended: why it ends, once it does.
        made_room: it ends because others need its place.
    """

    def __init__(
        self,
        host: Host,
        number: int,
        home: Home,
        begun: int,
        *,
        api: AgentApi,
        books: Books,
        deliveries: Deliveries,
        errands: Errands,
    ) -> None:
        self.number = number
        self.begun = begun
        self.session: Session | None = None
        self.ended: Ended | None = None
        self.made_room = False
        self._host = host
        self._runtime: Runtime = host.runtimes[home.runtime]
        self._children = host.children.part()
        self._deliveries = deliveries
        self._veil = Veil(home)
        self._heard = Hearing(host, number, home, self._veil, api, deliveries, errands)
        self._writer = TurnWriter(host, self._heard, deliveries, books)
        self._ending = asyncio.Event()
        self._broken_off = asyncio.Event()
        self._exit_code: int | None = None

    @property
    def conversation(self) -> str | None:
        """The id of its conversation, if it has told one."""
        return self._heard.conversation_id

    def follow(self, home: Home, *, is_paused: bool) -> None:
        """From now on these are its orders."""
        self._heard.home, self._writer.is_paused = home, is_paused
        self._heard.bell.ring()

    def stop_at(self, spent: Mapping[int, str]) -> None:
        """End it if it works on one of these tasks, for the reason that stands there."""
        turns = self._heard.turns
        task = self._heard.home.task if turns.task is None else turns.task
        if turns.open and task is not None and task in spent:
            self.end("over_task_limit", spent[task])

    def end(self, reason: EndReason, detail: str = "") -> None:
        """It is to end, for the first reason that is given."""
        if self.ended is None:
            self.ended = Ended(reason=reason, detail=detail)
            self._writer.close()
            self._ending.set()

    async def interrupt(self) -> None:
        """Break off the turn that is running.

        Raises:
            Refusal: there is none, or the program cannot.
        """
        if self.session is None or not self._heard.turns.open:
            raise Refusal("not_working", f"agent: {self._heard.home.agent} is in no turn that could be broken off.")
        if not self._runtime.capabilities.interrupt:
            raise Refusal(
                "not_possible",
                f"agent: a turn of '{self._runtime.title}' cannot be broken off. stop_agent ends its program.",
            )
        self._heard.enter(Noted(text=sentences.ASKED_TO_BREAK_OFF()))
        self._broken_off.set()
        await self.session.interrupt()

    async def live(self) -> Ended:
        """Start the program, keep it at work, and end it. When this returns, nothing of it is left.

        Returns:
            Why it has ended. It stands in the journal.
        """
        try:
            await self._start()
            if self.session is not None:
                await self._supervise(self.session)
        except (NotInstalled, StartFailed, TeamError, OSError, ValueError) as error:
            self.end("not_started", str(error))
        except Exception:
            log.exception("run %d of %s has failed in the runner itself", self.number, self._heard.home.agent)
            self.end("crashed", "The runner itself has failed at this run; its log says more.")
        finally:
            self.end("runner_ended")
            await self._end_programs()
            ended = self._close()
        return ended

    # -- start ---------------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        launching = starting.launch(self._host, self.number, self._heard, self._veil, self._children)
        telling = asyncio.create_task(starting.tell_of_silence(self._host, self._heard, self._deliveries))
        try:
            started = await unless(launching, self._ending.wait(), self._host.clock.sleep(START_SECONDS))
        finally:
            telling.cancel()
        if started is None:
            if self.ended is None:
                raise StartFailed(f"The program was not ready within {START_SECONDS:g} s.")
            return
        self.session, about = started
        self._heard.enter(about)
        self._heard.begin()

    # -- work ----------------------------------------------------------------------------------------------------------

    async def _supervise(self, session: Session) -> None:
        async with asyncio.TaskGroup() as group:
            watchers = (
                self._watch_program(session),
                self._writer.run(session),
                self._watch_time(session),
                self._watch_memory(session),
                self._watch_tools(),
                self._watch_breaking_off(),
                self._heard.pace.keep(),
            )
            tasks = [group.create_task(each) for each in watchers]
            await self._ending.wait()
            for task in tasks:
                task.cancel()

    async def _watch_program(self, session: Session) -> None:
        """See the program end, at once."""
        self._exit_code = await session.wait()
        turns = self._heard.turns
        if not self._runtime.capabilities.lasting and turns.written and not turns.open:
            self.end("finished")
        else:
            self.end("crashed", _how_it_ended(self._exit_code))

    def note_typing(self) -> None:
        """Somebody types into its terminal: it is not without anything to do."""
        self._heard.watch.idle_since = self._host.clock.passed()

    async def _watch_time(self, session: Session) -> None:
        """See that the program is stuck, or has nothing to do."""
        heard, written = self._heard, session.written
        while True:
            bell, now = heard.bell.next, self._host.clock.passed()
            if session.written > written:
                written, heard.watch.heard_at = session.written, now
            limits, turns = heard.home.limits, heard.turns
            if used_up := heard.spent.over(limits):
                self.end("over_limit", sentences.RUN_USED_UP(used=used_up))
                return
            if not self._runtime.capabilities.lasting and turns.written and not turns.open:
                self.end("finished")
                return
            if silent := heard.watch.silent(limits, turns, now):
                heard.show_silence(kept for turn in silent for kept in turn.messages)
            verdict = heard.watch.verdict(limits, turns, now)
            if verdict == "hung":
                self.end("hung", sentences.QUIET(seconds=f"{limits.quiet_seconds:g}"))
                return
            is_idle = not turns.open and not self._writer.has_work()
            if is_idle and verdict == "asleep":
                self.end("asleep")
                return
            if is_idle and self._host.slots.make_room():
                self.made_room = True
                self.end("asleep", sentences.MADE_ROOM())
                return
            rest = heard.watch.rest(limits, turns, now) or limits.idle_seconds
            crowd = [self._host.slots.crowded.wait()] if is_idle else []
            await unless(bell.wait(), self._host.clock.sleep(rest), *crowd)

    async def _watch_memory(self, session: Session) -> None:
        """See that its processes have more in memory than they may."""
        while True:
            await self._host.clock.sleep(LOOK_EVERY)
            limit = self._heard.home.limits.memory_mb
            used = await asyncio.to_thread(session.family().memory)  # this finds strays while their parents live
            if limit and used > limit * MB:
                self.end("over_memory", sentences.TOO_LARGE(used=used // MB, limit=limit))

    async def _watch_tools(self) -> None:
        """See whether it comes for the team's tools: if it is done with a turn without, that is said, and taken back.

        Programs say nothing when they cannot reach them; some come only when they first need one.
        """
        heard, done, lacks = self._heard, 0, False
        while self._runtime.capabilities.tools:
            bell = heard.bell.next
            if heard.done == done:
                await bell.wait()
                continue
            done, used = heard.done, await self._host.has_used_tools(self.number)
            if used is not None and used == lacks:
                heard.enter(TeamTools(used=used))
                lacks = not used
            if used:
                return

    async def _watch_breaking_off(self) -> None:
        """See whether the program obeys when it is told to break off its turn; if not, it is said how that is ended."""
        while True:
            await self._broken_off.wait()
            self._broken_off.clear()
            told = self._heard.turns.open
            await self._host.clock.sleep(BREAKS_OFF)
            if any(turn is each for turn in self._heard.turns.open for each in told):
                self._heard.enter(Noted(text=sentences.NOT_BROKEN_OFF(seconds=f"{BREAKS_OFF:g}")))

    # -- end -----------------------------------------------------------------------------------------------------------

    async def _end_programs(self) -> None:
        """End the program and all that it has started: asked to first, then made to."""
        grace, session = self._heard.home.limits.stop_seconds, self.session
        left: list[str] = []
        if session is not None:
            await asyncio.to_thread(session.family().find)  # what it has started may be found only while it lives
            if self._exit_code is None:
                await unless(self._ask_to_end(session), self._host.clock.sleep(grace))
            left += await session.family().end(grace)
        left += await self._children.family.end(grace)
        if session is not None and self._exit_code is None:
            self._exit_code = await unless(session.wait(), asyncio.sleep(LAST_WORDS))
        if left:
            log.error("processes of %s cannot be ended: %s", self._heard.home.agent, ", ".join(left))

    async def _ask_to_end(self, session: Session) -> None:
        try:
            await session.close()
        except Exception:
            log.exception("the runtime %s cannot end its program; it is killed", self._runtime.name)
            return
        self._exit_code = await session.wait()

    def _close(self) -> Ended:
        assert self.ended is not None  # noqa: S101 - it was set before
        output = self.session.last_output() if self.session is not None else ""
        told = {"exit_code": self._exit_code, "last_output": output}
        self.ended = self._veil.over(self.ended.model_copy(update=told))
        untaken = [kept for turn in self._heard.turns.untaken for kept in turn.messages]
        self._deliveries.write_again([kept for kept in untaken if not kept.is_taken])
        self._heard.enter(self.ended)
        self._heard.close()
        return self.ended


def _how_it_ended(code: int) -> str:
    """In our own words: what the program wrote is not for everybody, and the server knows for whom."""
    return sentences.SIGNALLED_MUTE(number=-code) if code < 0 else sentences.ENDED_MUTE(code=code)
