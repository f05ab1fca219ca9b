"""How many agents of a project are awake: at most as many as it answers at once, and no busy one makes room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from teammcp import Context, Reader, Row

from ..questions import queries
from ..registry import queries as registry
from . import homes


@dataclass(frozen=True)
class Awake:
    """An agent whose program runs, or is about to.

    Attributes:
        name: of the agent.
        is_busy: it has a question to answer, or works on something else.
        is_leaving: it was told to make room.
        used_at: when it was asked last, in milliseconds.
    """

    name: str
    is_busy: bool
    is_leaving: bool
    used_at: int


def to_rest(awake: Iterable[Awake]) -> str | None:
    """Who is to make room: of those that are not busy, the one that was asked longest ago; None if all are busy.

    Nobody either, as long as one that was told to has not ended.
    """
    awake = [*awake]
    if any(each.is_leaving and not each.is_busy for each in awake):
        return None
    idle = [each for each in awake if not each.is_busy]
    found = min(idle, key=lambda each: (each.used_at, each.name), default=None)
    return None if found is None else found.name


async def has_room(context: Context, project: Row, agent: str | None = None) -> bool:
    """Whether one more agent of a project may be awake now, or this one is; if not, one that can is told to make room.

    Its program ends as soon as it is not at work, which the hook ``agent_stopped`` tells.
    """
    others = await context.read(_others, project["name"], agent)
    if len(others) < project["at_once"]:
        return True
    found = {home.agent: home for home in (await context.call("list_agent_homes")).root}
    if agent in found and _runs(found[agent]):
        return True  # also if it was told to make room: whoever needed that is not before it any more
    awake = [each for row in others if (each := _awake(row, found.get(row["agent"]))) is not None]
    if len(awake) < project["at_once"]:
        return True
    if (resting := to_rest(awake)) is not None:
        await context.call("rest_conversation", agent=resting)
    return False


def _others(reader: Reader, project: str, agent: str | None) -> list[dict[str, Any]]:
    begun = {row["lane"]: row["begun_at"] for row in queries.lanes(reader, project)}
    return [
        {
            "agent": row["agent"],
            "holds": bool(queries.held(reader, row["agent"])),
            "used_at": begun.get(row["lane"], 0),
        }
        for row in registry.lane_agents(reader, project)
        if row["agent"] != agent
    ]


def _awake(row: dict[str, Any], home: Any) -> Awake | None:
    """How an agent stands; None if it sleeps."""
    if not row["holds"] and (home is None or not _runs(home)):
        return None
    is_busy = row["holds"] or home.run.state != "idle"
    return Awake(row["agent"], is_busy, home is not None and _is_leaving(home), row["used_at"])


def _is_leaving(home: Any) -> bool:
    return bool(home.limits.idle_minutes == homes.AT_ONCE)


def _runs(home: Any) -> bool:
    """Whether a program runs in a home, as far as that is known: of a machine that is away it is not."""
    return home.run is not None and home.run.ended_at is None and home.run.state != "unreachable"
