"""Seeing that whoever is to be told of a notice is told: looked at whenever that may have changed, and now and then."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from teammcp import Conflict, Context, Reader, StateKey, Team, TeamError, excerpt

from ..registry import queries as registry
from ..registry.lookup import people
from . import queries, telling_queries

SECONDS = 20
"""Between two looks at all notices: a look that was missed, as at a crash, is made up for."""
LONGEST_WHY = 500
"""Characters that are kept of why somebody could not be told."""
PAUSE = 60_000
"""Milliseconds until somebody who could not be told is told again."""


_LOOKING: StateKey[asyncio.Lock] = StateKey("projects.notices", asyncio.Lock)


class Telling(NamedTuple):
    """A member that is to act on a notice for a project."""

    notice: int
    consumer: str
    name: str


@dataclass(frozen=True)
class Due:
    """What is to be done.

    Attributes:
        untold: who is to be told.
        turned: who was told before, and for whom it is to act again, or not any more.
        acting: all for whom it is to act.
    """

    untold: list[Telling]
    turned: list[Telling]
    acting: set[Telling]


def look(team: Team) -> None:
    """See soon whether anybody is to be told."""
    team.background(look_at_all(team))


async def look_at_all(team: Team) -> None:
    """Tell whoever is to be told; the team's job. One look after the other, so that none tries what another does."""
    async with team.state[_LOOKING]:
        await _look(Context.inside(team))


async def _look(context: Context) -> None:
    for each in (due := await context.read(_due, context)).turned:
        named = {"notice_id": each.notice, "project": each.consumer, "agent": each.name}
        await context.call("note_who_acts", **named, acts=each in due.acting)
    troubles = [(each, await _tell(context, each)) for each in due.untold]
    for each, why in troubles:  # last, since whoever is told frees the project of the trouble that was
        if why:
            await _hold_back(context, each, why)
    for number in await context.read(queries.untold):
        with suppress(Conflict):  # it is open again
            await context.call("tell_notice_done", notice_id=number)
    for number in await context.read(_overdue, context.now()):
        with suppress(Conflict):  # one has acted a moment ago: another look
            await context.call("remind_of_notice", notice_id=number)


async def _tell(context: Context, due: Telling) -> str:
    """Tell a member; why it could not be told, or nothing."""
    try:
        await context.call("tell_notice", notice_id=due.notice, project=due.consumer, agent=due.name)
    except TeamError as error:
        return "" if error.code == "told" else f"{due.name}: {error.detail}"
    return ""


async def _hold_back(context: Context, due: Telling, why: str) -> None:
    with suppress(Conflict):
        await context.call(
            "hold_back_notice",
            notice_id=due.notice,
            project=due.consumer,
            why=excerpt(why, LONGEST_WHY),
            retry_at=context.now() + PAUSE,
        )


def _due(reader: Reader, context: Context) -> Due:
    lines = queries.all_waiting(reader)
    hears = {name: _people(reader, name) for name in {row["consumer"] for row in lines}}
    acting = {Telling(row["notice"], row["consumer"], name) for row in lines for name in hears[row["consumer"]]}
    told = {
        Telling(row["notice"], row["consumer"], row["reader"]): bool(row["waits"])
        for row in telling_queries.of_waiting_lines(reader)
    }
    held = {(row["notice"], row["consumer"]) for row in lines if row["retry_at"] > context.now()}
    untold = sorted(each for each in acting.difference(told) if each[:2] not in held)
    return Due(untold, [each for each, acts in told.items() if acts != (each in acting)], acting)


def _people(reader: Reader, project: str) -> list[str]:
    row = registry.project(reader, project)
    return [] if row is None else people(reader, row)


def _overdue(reader: Reader, now: int) -> list[int]:
    return [*dict.fromkeys(row["notice"] for row in queries.overdue(reader, now))]
