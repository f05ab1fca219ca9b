"""The keepers of all agents of one team on this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, get_args

import psutil

from teammcp import Session, TeamError, TerminalScreen

from ...entries import Ended, EndReason
from ...protocol import (
    Home,
    Interrupt,
    Keys,
    LookIntoRepository,
    Orders,
    Ping,
    Process,
    Question,
    Resize,
    Retire,
    Screen,
    Stop,
    Unwatch,
    Watch,
)
from ...sentences import RUNNER_KILLED
from .. import repositories, terminals, workspaces
from ..host import Host, Refusal
from ..watches import Watches
from .keeper import Keeper

RETRY = 5.0
"""Seconds until an agent is kept again whose keeper has failed."""
GONE = "The agent does not live on this machine any more."

log = logging.getLogger(__name__)


class Keepers:
    """See `..host.Keepers`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._keepers: dict[str, Keeper] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._orders: Mapping[str, Home] = {}
        self._paused = ""
        self._spent: Mapping[int, str] = {}
        self._watches = Watches(host.link.show)
        self._is_closed = False

    async def reconcile(self) -> None:
        """Before anything else: what an earlier process has left without an end gets one."""
        for run in await self._host.journal.runs_without_end():
            self._host.journal.append(run, Ended(reason="runner_killed", detail=RUNNER_KILLED()))
        await self._host.journal.flush()

    def apply(self, orders: Orders) -> None:
        """From now on it should be so. Returns at once."""
        if self._is_closed:
            return
        self._orders = {home.agent: home for home in orders.homes}
        self._paused, self._spent = orders.paused, orders.spent
        for agent in self._keepers.keys() - self._orders.keys():
            self._dismiss(agent)
        for agent, home in self._orders.items():
            if agent not in self._keepers:
                self._keepers[agent] = Keeper(self._host, agent)
                self._tasks[agent] = asyncio.create_task(self._keep(agent))
            self._keepers[agent].apply(home, orders.paused, orders.spent)

    def live_runs(self) -> list[int]:
        """The runs that were granted and have not ended."""
        return [keeper.live_run for keeper in self._keepers.values() if keeper.live_run is not None]

    def disconnected(self) -> None:
        """The link is cut. Agents go on."""
        self._watches.end_all()
        for keeper in self._keepers.values():
            keeper.disconnected()

    async def end_all(self, reason: EndReason, detail: str) -> None:
        """See `..host.Keepers`."""
        self._is_closed = True
        await asyncio.gather(
            *(keeper.close(reason, detail) for keeper in self._keepers.values()), *self._leaving.values()
        )
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def terminal(self, agent: str) -> TerminalScreen:
        """The screen of an agent's program.

        Raises:
            NotFound: it has none now.
        """
        return terminals.present(self._terminal(agent), agent)

    async def answer(self, question: Question) -> dict[str, Any]:
        """Do what the server asks; the data of the answer.

        Raises:
            Refusal: why not.
        """
        match question:
            case Stop():
                return await self._stop(question)
            case Interrupt():
                return await self._interrupt(question.agent)
            case Keys():
                keeper = self._keepers.get(question.agent)
                if keeper is not None and keeper.run is not None:
                    keeper.run.note_typing()
                return await terminals.answer(self._terminal(question.agent), question)
            case Screen() | Resize():
                return await terminals.answer(self._terminal(question.agent), question)
            case Watch():
                self._watches.begin(question.watch, self.terminal(question.agent))
                return {}
            case Unwatch():
                self._watches.end(question.watch)
                return {}
            case Ping():
                return {}
            case LookIntoRepository():
                return await repositories.look(self._host.children, question)
            case Process():
                return await self._processes(question.agent)
            case Retire():
                return await self._retire(question.agent)
        raise Refusal("not_understood", f"This runner does not know the question '{question.kind}'.")

    # -- questions -----------------------------------------------------------------------------------------------------

    async def _stop(self, question: Stop) -> dict[str, Any]:
        reason: EndReason = question.reason if question.reason in get_args(EndReason) else "stopped"  # type: ignore[assignment]
        keeper = self._keepers.get(question.agent)
        if keeper is not None:
            await keeper.end(reason, question.detail)
        return {}

    async def _interrupt(self, agent: str) -> dict[str, Any]:
        keeper = self._keepers.get(agent)
        if keeper is None or keeper.run is None:
            raise Refusal("not_running", f"agent: no program of {agent} runs now, so there is nothing to break off.")
        await keeper.run.interrupt()
        return {}

    async def _processes(self, agent: str) -> dict[str, Any]:
        session = self._session(agent)
        return {"processes": [] if session is None else await asyncio.to_thread(_describe, session)}

    async def _retire(self, agent: str) -> dict[str, Any]:
        keeper, home = self._keepers.get(agent), self._orders.get(agent)
        if keeper is None or home is None:
            return {}
        await keeper.close("stopped", GONE)
        left = await workspaces.tidy(self._host, home)
        if left:
            log.info("%s lives here no more. %s", agent, left)
        return {"left": left}

    def _terminal(self, agent: str) -> TerminalScreen | None:
        session = self._session(agent)
        return None if session is None else session.terminal

    def _session(self, agent: str) -> Session | None:
        keeper = self._keepers.get(agent)
        return keeper.run.session if keeper is not None and keeper.run is not None else None

    # -- keepers come and go -------------------------------------------------------------------------------------------

    async def _keep(self, agent: str) -> None:
        if agent in self._leaving:  # it has come back before it was gone
            await asyncio.shield(self._leaving[agent])
        while True:
            try:
                await self._keepers[agent].keep()
            except Exception:
                log.exception("the keeper of %s has failed; it begins anew", agent)
            await self._host.clock.sleep(RETRY)
            self._keepers[agent] = Keeper(self._host, agent)
            self._keepers[agent].apply(self._orders[agent], self._paused, self._spent)

    def _dismiss(self, agent: str) -> None:
        leaving = self._leave(agent, self._keepers.pop(agent), self._tasks.pop(agent), self._leaving.get(agent))
        self._leaving[agent] = asyncio.create_task(leaving)

    async def _leave(
        self, agent: str, keeper: Keeper, task: asyncio.Task[None], earlier: asyncio.Task[None] | None
    ) -> None:
        if earlier is not None:
            await earlier
        await keeper.close("stopped", GONE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            await keeper.forget()
        except TeamError as error:
            log.error("what is kept of %s, which lives here no more, cannot be deleted: %s", agent, error.detail)
        if self._leaving[agent] is asyncio.current_task():
            del self._leaving[agent]


def _describe(session: Session) -> list[dict[str, Any]]:
    found = []
    for process in session.family().find():
        try:
            with process.oneshot():
                found.append(
                    {
                        "pid": process.pid,
                        "name": process.name(),
                        "memory": process.memory_info().rss,
                        "started_at": round(1000 * process.create_time()),
                    }
                )
        except psutil.Error:
            continue  # it has ended meanwhile
    return sorted(found, key=lambda each: each["started_at"])
