"""Forgetting lanes in which nobody asks any more: who asked was retired, or the project that asked was removed."""

from __future__ import annotations

from teammcp import Conflict, Context, Reader, Team, Transaction, Work, operation

from ...events import ConversationEnded
from ...questions import queries as questions
from ...registry import queries as registry
from ..models import Ended


@operation(internal=True, profile="projects")
async def end_conversation(context: Context, project: str, lane: str) -> Work[Ended]:
    """Forget a lane in which nobody asks any more; the agent that was started to answer it is retired."""
    before = await context.read(_agent, project, lane)
    retire = None if before is None else await context.prepare("retire_agent", name=before)
    if retire is not None and retire.waits:
        raise Conflict(f"A plugin makes it wait that {before} is retired.", code="waits")

    def work(tx: Transaction) -> Ended:
        if not is_deserted(tx, context.team, project, lane):
            raise Conflict(f"lane: {lane} may ask {project} on, or has asked what is open.", code="in_use")
        if _agent(tx, project, lane) != before:
            raise Conflict(f"lane: another agent was started to answer {lane} this moment.", code="not_its_turn")
        questions.forget_lane(tx, project, lane)
        if before is not None and retire is not None:
            registry.take_out_agent(tx, before)
            retire(tx)
            context.emit(tx, ConversationEnded(project=project, asking=lane, agent=before), project)
        return Ended(agent=before)

    return work


def deserted(reader: Reader, team: Team, project: str) -> list[str]:
    """The lanes of a project in which nobody asks any more, and nothing is open."""
    known = {row["lane"] for rows in (registry.lane_agents, questions.lanes) for row in rows(reader, project)}
    return sorted(lane for lane in known if is_deserted(reader, team, project, lane))


def is_deserted(reader: Reader, team: Team, project: str, lane: str) -> bool:
    """Whether nobody asks in a lane any more, and nothing is open that was asked in it.

    One that works on what a project has taken back goes on: its late answer still comes to whoever asked. Who was
    retired hears nothing any more.
    """
    if lane.startswith("@"):
        asker = team.directory.agents.get(lane[1:])
        is_gone = asker is not None and asker.retired
    else:
        is_gone = registry.project(reader, lane) is None and not _is_at_work(reader, team, project, lane)
    return is_gone and not questions.is_open_in(reader, project, lane)


def _is_at_work(reader: Reader, team: Team, project: str, lane: str) -> bool:
    agent = _agent(reader, project, lane)
    return agent is not None and team.presence.status_of(agent).status == "busy"


def _agent(reader: Reader, project: str, lane: str) -> str | None:
    row = registry.lane_agent(reader, project, lane)
    return None if row is None else row["agent"]
