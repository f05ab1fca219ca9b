"""Questions that would wait for each other for ever: found before the one that closes the ring is asked.

Whoever has a question to answer may ask somebody else first, and waits for that. If what it asks can be answered only
by those who wait, over whatever detours, for the answer that it owes itself, nobody ever goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

from teammcp import Context, Reader, Row, Server

from ..lanes.homes import starts_agents
from ..registry import queries as registry
from . import queries, showing


def owed(reader: Reader, context: Context, project: Row, lane: str) -> int | None:
    """The question that the actor has to answer before what it asks a project can be answered.

    Args:
        reader: of the team's data.
        context: of the call in which it asks.
        project: that it asks.
        lane: in which it asks.

    Returns:
        Its id; None if the actor has none to answer, or it can get an answer without that.
    """
    asker = context.actor.name
    mine = [] if context.actor.kind == "human" else queries.held(reader, asker)
    if not mine:
        return None
    people = {each.name for each in context.team.directory.agents.values() if each.kind == "human"}
    found: int = mine[0]["id"]
    return found if _Ring(reader, context.server, {asker}, people).waits(project, asker, lane) else None


@dataclass
class _Ring:
    """Who waits for whom.

    Attributes:
        reader: of the team's data.
        server: that may start agents.
        stuck: members that are known, or taken for the moment, to wait for one who asks.
        free: members that are known to go on by themselves, as people do: they answer while they wait.
    """

    reader: Reader
    server: Server
    stuck: set[str]
    free: set[str]

    def waits(self, project: Row, asker: str, lane: str) -> bool:
        """Whether what somebody asks a project in a lane is answered only after one of ``stuck`` has answered."""
        name = project["name"]
        asked = queries.in_state(self.reader, name, "asked", showing.MOST_WAITING)
        if before := [each for each in asked if each["lane"] == lane]:
            return any(self._is_stuck(each["holder"]) for each in before)
        if len(asked) >= project["at_once"] and all(self._is_stuck(each["holder"]) for each in asked):
            return True
        if starts_agents(self.server, project):
            return False
        answerers = set(registry.answerers(self.reader, name)) - {asker}
        # What nobody answers any more waits for somebody to be named, and for nobody's answer.
        return bool(answerers) and all(self._is_stuck(each) for each in answerers)

    def _is_stuck(self, member: str) -> bool:
        """Whether a member that has something to answer waits for one of ``stuck``."""
        if member in self.stuck:
            return True
        if member in self.free:
            return False
        before = {*self.stuck}
        self.stuck.add(member)
        if any(self._is_waiting(each) for each in self._asked_for_an_answer(member)):
            return True
        self.stuck = before  # whoever was found to wait for this member alone does not, either
        self.free.add(member)
        return False

    def _asked_for_an_answer(self, member: str) -> list[Row]:
        """What a member has asked since it has something to answer: that does not wait for what was asked before."""
        begun = min((each["begun_at"] for each in queries.held(self.reader, member)), default=None)
        if begun is None:
            return []
        return [each for each in queries.open_by(self.reader, member) if each["asked_at"] >= begun]

    def _is_waiting(self, question: Row) -> bool:
        if question["state"] == "asked":
            return self._is_stuck(question["holder"])
        project = registry.project(self.reader, question["project"])
        return (
            question["state"] == "queued"
            and project is not None
            and self.waits(project, question["asker"], question["lane"])
        )
