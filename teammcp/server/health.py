"""How the server is, asked anew each time: its disk, its databases, its plugins, and what else adds itself.

``ok``: all is well. ``degraded``: members are served, and something needs a person: a plugin that is switched off, a
job that fails, a disk that is full, on which reading goes on. ``failing``: members are not served as they should be: a
database that is gone, a dead disk.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ..errors import StorageFull
from ..storage.failures import failure_of
from .team import Host

Status = Literal["ok", "degraded", "failing"]

LOW = 64 * 1024 * 1024
"""Bytes free on the disk below which it is said that it will soon be full."""
PROBE_TIMEOUT = 2.0
"""Seconds within which a disk that works has written a few bytes."""
KEPT = 5.0
"""Seconds for which the answer of the disk holds, so that nobody can keep it busy by asking."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it should be.

    Attributes:
        part: of the server, in one word that anybody may see.
        text: what is wrong, for those who look after the server.
        failing: members are not served as they should be because of it.
        team: the one that it concerns; None for all.
    """

    part: str
    text: str
    failing: bool = False
    team: str | None = None


class Part(Protocol):
    """A part of the server that knows how it is."""

    @property
    def name(self) -> str:
        """In one word."""
        ...

    async def problems(self) -> Iterable[Problem]:
        """What is wrong with it at this moment."""
        ...

    def facts(self) -> dict[str, Any]:
        """Its figures, as JSON, for those who look after the server."""
        ...


class Health:
    """The state of one server, which its parts tell."""

    def __init__(self, server: Host) -> None:
        self._parts: list[Part] = [Disk(server.settings.home), Databases(server), Plugins(server)]

    def add(self, part: Part) -> None:
        """Ask this one, too."""
        self._parts.append(part)

    async def problems(self) -> list[Problem]:
        """All that is wrong."""
        found = await asyncio.gather(*(part.problems() for part in self._parts))
        return [problem for problems in found for problem in problems]

    def facts(self) -> dict[str, dict[str, Any]]:
        """The figures of all parts, by name."""
        return {part.name: facts for part in self._parts if (facts := part.facts())}


def status_of(problems: Iterable[Problem]) -> Status:
    """What all of these come to."""
    found = list(problems)
    if any(problem.failing for problem in found):
        return "failing"
    return "degraded" if found else "ok"


class Disk:
    """The disk of the data folder: is there room, and does it take what is written?"""

    name = "disk"

    def __init__(self, home: Path) -> None:
        self._home = home
        self._probing: asyncio.Future[int] | None = None
        self._found: list[Problem] = []
        self._free: int | None = None
        self._asked_at = float("-inf")

    async def problems(self) -> list[Problem]:
        """What is wrong with the disk; at most `KEPT` seconds old."""
        if time.monotonic() - self._asked_at >= KEPT:
            self._asked_at = time.monotonic()
            self._found = [problem async for problem in self._look()]
        return self._found

    async def _look(self) -> Any:
        if self._probing is None or self._probing.done():  # a thread that a dead disk holds does not come back
            self._probing = asyncio.ensure_future(asyncio.to_thread(_probe, self._home))
            self._probing.add_done_callback(_heard)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                self._free = await asyncio.shield(self._probing)
        except TimeoutError:
            yield Problem(self.name, f"The disk has not written a few bytes within {PROBE_TIMEOUT:g} s.", failing=True)
            return
        except OSError as error:
            failure = failure_of(error)
            why = str(error) if failure is None else failure.detail
            full = isinstance(failure, StorageFull)
            yield Problem(self.name, f"{self._home} takes no writes: {why}", failing=not full)
            return
        if self._free < LOW:
            yield Problem(self.name, f"Only {self._free // 2**20} MiB are free on the disk.")

    def facts(self) -> dict[str, Any]:
        """The bytes that are free, as of the last look."""
        return {} if self._free is None else {"free_bytes": self._free}


def _probe(home: Path) -> int:
    """Write a few bytes to the disk; how many are free."""
    path = home / ".probe"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, b"x" * 512)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()
    return shutil.disk_usage(home).free


def _heard(probing: asyncio.Future[int]) -> None:
    """Whoever waited may have gone, and an exception that nobody fetches is complained of."""
    if not probing.cancelled():
        probing.exception()


class Databases:
    """The teams' databases: are their files there, and do they take what is written?"""

    name = "database"

    def __init__(self, server: Host) -> None:
        self._server = server

    async def problems(self) -> list[Problem]:
        """What is wrong with the database of a team."""
        found = []
        for team in list(self._server.teams.values()):
            trouble = await team.database.look()
            if trouble is not None:
                text = f"Team {team.name}: {trouble.detail}"
                found.append(Problem(self.name, text, not isinstance(trouble, StorageFull), team.name))
        return found

    def facts(self) -> dict[str, Any]:
        """How many teams are served."""
        return {"teams": len(self._server.teams)}


class Plugins:
    """The plugins: has one been switched off because of a fault?"""

    name = "plugins"

    def __init__(self, server: Host) -> None:
        self._server = server

    async def problems(self) -> list[Problem]:
        """Those that are switched off because of a fault."""
        return [
            Problem(self.name, f"The plugin '{name}' is switched off; the page Plugins and the log say why.")
            for name in self._server.plugins.failed()
        ]

    def facts(self) -> dict[str, Any]:
        """How often a hook of each has raised since the start."""
        found = self._server.plugins.plugins.values()
        return {"faults": {info.name: info.faults for info in found if info.faults}}
