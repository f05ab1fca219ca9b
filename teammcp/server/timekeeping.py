"""Time that does not just pass: the machine's clock is set, the machine sleeps, the process is stopped.

* The server's time (`Clock.now`) runs evenly. When the machine's clock is set, it follows, but only once the deadlines
  that it counts down have been moved by as much: what had an hour left has an hour left.
* While the machine sleeps, or the process is stopped, time passes and nobody can be heard. So silence is counted anew
  from then on, as after a start: no claim ends, and nobody is called dead, because of it.
* A time on the wall stays one: due dates, the time of a daily schedule, an answer that was asked for by four o'clock.
* From one start to the next, the clock of a machine that has not been started anew meanwhile tells a clock that was set
  from time that has passed. Otherwise what the clock says is taken for time that has passed.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..clock import rfc3339
from ..machine.files import write_whole
from ..storage import Transaction
from .health import Problem
from .team import Host, Team

TOLERANCE = 1000
"""Milliseconds by which clocks may differ before one of them has jumped: less is the daily work of keeping them."""
STILL = 3.0
"""Seconds without a look, of which there is one a second, after which the process has stood still."""
TOLD = 600.0
"""Seconds for which health tells of a jump."""
HOOK_TIMEOUT = 5.0
"""Seconds that each plugin gets to follow a jump."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Countdown:
    """Columns of a table that count a duration down: moments in milliseconds, some time from when they were written.

    Contribute those of a plugin with the hook ``register_countdowns``.

    Attributes:
        table: its name.
        columns: the columns; one that is NULL stays so.
        where: the SQL condition for rows that still matter, such as ``closed_at IS NULL``. Let an index serve it.
    """

    table: str
    columns: tuple[str, ...]
    where: str


class Timekeeper:
    """Looks, about once a second and before any periodic work, whether time has just passed."""

    name = "clock"

    def __init__(self, server: Host) -> None:
        self._server = server
        self._countdowns: list[Countdown] = [
            Countdown("idempotency", ("at",), "at > 0"),
            *(countdown for _, found in server.plugins.collect("register_countdowns") for countdown in found),
        ]
        self._beat = time.monotonic()
        self._following = False
        self._jumps = self._pauses = 0
        self._last: tuple[float, int, int] | None = None

    async def begin(self) -> None:
        """Find out whether the clock was set while the server was down."""
        file = self._server.settings.home / "clock.json"
        origin = self._server.clock.origin()
        if origin is None:
            return
        before = _read(file)
        if before is not None and before[0] == origin[0] and abs(by := origin[1] - before[1]) >= TOLERANCE:
            self._note(by)
            log.warning("the machine's clock was set %s while the server was down", _words(by))
            for team in self._server.teams.values():
                await self._move_deadlines(team, by)
        self._keep_origin()

    def look(self) -> None:
        """Notice that the process stood still, the machine slept, or its clock was set."""
        beat = time.monotonic()
        stood, self._beat = beat - self._beat, beat
        clock = self._server.clock
        moved = clock.moved()
        if moved.slept >= TOLERANCE:
            clock.follow(moved.slept)
        if stood >= STILL or moved.slept >= TOLERANCE:
            self._pauses += 1
            seconds = max(stood, moved.slept / 1000)
            log.warning("the server, or its machine, stood still for %.1f s: nobody could be heard", seconds)
            self._count_silence_anew()
        by = moved.by - (moved.slept if moved.slept >= TOLERANCE else 0)
        if abs(by) < TOLERANCE:
            clock.follow(by)
        elif not self._following:
            self._following = True
            self._note(by)
            log.warning("the machine's clock was set %s; deadlines move with it", _words(by))
            self._server.background(self._follow(by))

    async def _follow(self, by: int) -> None:
        server = self._server
        try:
            if by < 0:  # so that, whoever looks meanwhile, nothing is over too soon
                server.clock.follow(by)
            for team in list(server.teams.values()):
                await self._move_deadlines(team, by)
            if by > 0:
                server.clock.follow(by)
            for team in server.teams.values():
                team.moved(by)
            self._keep_origin()
            for team in list(server.teams.values()):
                await server.plugins.announce("clock_jumped", HOOK_TIMEOUT, team=team, milliseconds=by)
        finally:
            self._following = False

    def _count_silence_anew(self) -> None:
        for team in self._server.teams.values():
            team.hear_anew()

    async def _move_deadlines(self, team: Team, by: int) -> None:
        """Like presence it is observed, and done by nobody: there is no operation for it."""
        try:
            await team.database.write(partial(_move, self._countdowns, by))
        except Exception:
            log.exception("the deadlines of team %s could not be moved", team.name)

    def _keep_origin(self) -> None:
        origin = self._server.clock.origin()
        if origin is None:
            return
        try:
            write_whole(self._server.settings.home / "clock.json", json.dumps(origin).encode())
        except OSError as error:
            log.warning("what the clock says could not be kept: %s", error)

    # -- health --------------------------------------------------------------------------------------------------------

    def _note(self, by: int) -> None:
        self._jumps += 1
        self._last = time.monotonic(), self._server.clock.now(), by

    async def problems(self) -> list[Problem]:
        """A jump, for a while: schedules at times of day may have come twice or not at all."""
        if self._last is None or time.monotonic() - self._last[0] > TOLD:
            return []
        _, at, by = self._last
        return [Problem(self.name, f"The machine's clock was set {_words(by)} at {rfc3339(at)}.")]

    def facts(self) -> dict[str, Any]:
        """How often the clock has jumped, and the process stood still, since the start."""
        last = {} if self._last is None else {"last_jump_at": rfc3339(self._last[1]), "last_jump_ms": self._last[2]}
        return {"jumps": self._jumps, "pauses": self._pauses, **last}


def _move(countdowns: list[Countdown], by: int, tx: Transaction) -> None:
    for each in countdowns:
        columns = ", ".join(f"{column} = {column} + ?" for column in each.columns)
        sql = f"UPDATE {each.table} SET {columns} WHERE {each.where}"  # noqa: S608 - from the code of plugins
        tx.execute(sql, (by,) * len(each.columns))


def _read(file: Path) -> tuple[str, int] | None:
    try:
        boot, offset = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(boot), int(offset)


def _words(by: int) -> str:
    return f"{'forward' if by > 0 else 'back'} by {abs(by) / 1000:.1f} s"
