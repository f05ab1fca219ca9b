"""What becomes of agents that are run, as kinds of what managers are notified of."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from teammcp import Context, Event, NotificationKind, Occasion, Reader
from teammcp.web import mark, mark_many

from .. import homes
from . import queries
from .ends import ENDS

ASKS = "request_permission"
"""The operation of approvals by which a person is asked for a permission."""


class _AboutAgents(NotificationKind):
    """How an agent stands now: only the newest is told, to the managers."""

    def content(self, context: Context, event: Event) -> str:
        """What an event is to them, in a line; empty if it is nothing."""
        raise NotImplementedError

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        content, agent = self.content(context, event), event.data["agent"]
        if content:
            path = f"/launcher/agents/{quote(agent)}/now"
            for manager in context.team.directory.managers:
                yield Occasion(manager.name, key=f"agent {agent}", content=content, path=path)


class CrashedAgents(_AboutAgents):
    """Agents whose programs have ended though nobody wanted that, unless they run again."""

    name = "agent_crashed"
    title = mark("agents that have crashed")
    urgency = "batch"
    events = ("run.ended",)
    many = mark_many("%(num)s agent has crashed", "%(num)s agents have crashed")

    def content(self, context: Context, event: Event) -> str:
        end = ENDS[event.data["reason"]]  # what the program wrote last stays in the run
        return f"{event.data['agent']}: {end.title}. {end.meaning}" if end.surprise else ""

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        return queries.live_run(reader, _agent(occasion)) is not None


class HeldAgents(_AboutAgents):
    """Agents that go on with nothing until somebody does something, such as one whose limit is reached."""

    name = "agent_blocked"
    title = mark("agents that are blocked")
    events = ("home.changed",)
    many = mark_many("%(num)s agent is blocked", "%(num)s agents are blocked")

    def content(self, context: Context, event: Event) -> str:
        held = event.data["held"]
        return f"{event.data['agent']} is blocked: {held}" if held else ""

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        home = homes.find(reader, _agent(occasion))
        return home is None or not home["held"]


class WaitingAgents(_AboutAgents):
    """Agents whose programs wait for a permission; where approvals are installed, these ask for it themselves."""

    name = "needs_input"
    title = mark("agents that wait for somebody")
    events = ("run.changed",)
    many = mark_many("%(num)s agent waits for somebody", "%(num)s agents wait for somebody")

    def content(self, context: Context, event: Event) -> str:
        if event.data["state"] != "waiting" or any(each.name == ASKS for each in context.server.registry):
            return ""
        why = event.data["why"]
        return f"{event.data['agent']} waits for a permission{f': {why}' if why else ''}"

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        run = queries.live_run(reader, _agent(occasion))
        return run is None or run["state"] != "waiting"


def _agent(occasion: Occasion) -> str:
    return occasion.key.removeprefix("agent ")


KINDS = (CrashedAgents(), HeldAgents(), WaitingAgents())
