"""The briefing: asks the operations that the agent might call itself, so that it sees what it may see and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from teammcp import Context, Forbidden, NotFound, StateField, fence, json_excerpt, operation

from ..findings.models import Findings, FoundFinding
from ..findings.operations.search import search_knowledge
from ..gaps.interests import Interests
from .budget import LINE, Subject, fit, line, tokens
from .models import Briefing, Budget

FETCHED = 50
"""Entries of a subject that are fetched at most."""
CHANNELS = 20
"""Channels whose pinned messages are looked at."""
PAGE = 200
OPEN = "todo,doing,blocked"
DECISION = "decision"
FENCE = fence([""])
"""As long as any: both of its ends count."""


@operation("GET /api/briefing", profile="knowledge", everyday=True, read_only=True)
async def get_briefing(context: Context, token_budget: Budget = 2000) -> Briefing:
    """Get to know the team in one call: its goals, your work, what is decided, what holds, who is here.

    For when you are new, or come back without memory. It says what did not fit into the budget and how to get it.
    """
    interests = await context.read(Interests.read, context.actor.name) or Interests(context.actor.name)
    asker = _Asker(context, interests)
    subjects, unavailable = [], []
    for name, ask in asker.subjects().items():
        try:
            subject = await ask()
        except (Forbidden, NotFound):  # an operation that the settings keep from this agent, or of a feature not there
            unavailable.append(name)
            continue
        if subject.lines:
            subjects.append(subject)
    briefing = Briefing(
        agent_id=context.actor.name,
        team=context.team.name,
        token_budget=token_budget,
        tokens=0,
        sections=[],
        unavailable=unavailable,
    )
    briefing.sections = fit(
        subjects, token_budget - sum(tokens(each + "\n") for each in (*briefing.head().split("\n"), FENCE))
    )
    briefing.tokens = tokens(briefing.text())
    return briefing


@dataclass(frozen=True)
class _Asker:
    """Asks about one subject after the other."""

    context: Context
    interests: Interests

    def subjects(self) -> dict[str, Callable[[], Awaitable[Subject]]]:
        """What to ask, the most important first."""
        return {
            "goals": self.goals,
            "your_work": self.your_work,
            "critical_state": self.critical_state,
            "decisions": self.decisions,
            "pinned": self.pinned,
            "open_work": self.open_work,
            "knowledge": self.knowledge,
            "people": self.people,
        }

    async def goals(self) -> Subject:
        found = (await self.context.call("list_goals", status="open")).goals
        lines = [line(goal.text()) for goal in found[:FETCHED]]
        return Subject("goals", "Goals", lines, len(found), "list_goals", 15)

    async def your_work(self) -> Subject:
        found = await self.context.call("list_tasks", assignee="me", status=OPEN, limit=FETCHED)
        lines = [line(task.text()) for task in found.tasks]
        return Subject("your_work", "Your open work", lines, found.total, 'list_tasks assignee="me"', 20)

    async def open_work(self) -> Subject:
        found = await self.context.call("list_tasks", status=OPEN, limit=FETCHED)
        others = [task for task in found.tasks if task.assignee != self.context.actor.name]
        total = found.total - (len(found.tasks) - len(others))
        lines = [line(task.text()) for task in others]
        return Subject("open_work", "Open work of others", lines, total, f'list_tasks status="{OPEN}"', 10)

    async def critical_state(self) -> Subject:
        """The fields that the profile calls critical; without a profile those that change by approval only."""
        lines: list[str] = []
        for project in self.interests.places:
            async for field in self._fields(project):
                if self._is_critical(field):
                    about = f"(v{field.version} by {field.updated_by}; owner {field.owner})"
                    lines.append(line(f"{project}/{field.field} = {json_excerpt(field.value, LINE // 2)} {about}"))
        return Subject("critical_state", "Critical state", lines[:FETCHED], len(lines), "get_state of a project", 15)

    def _is_critical(self, field: StateField) -> bool:
        if self.interests.critical_fields:
            return self.interests.is_critical(field.field)
        return field.approval_required

    async def _fields(self, project: str) -> AsyncIterator[StateField]:
        more: dict[str, str] = {}
        while True:
            found = (await self.context.call("get_state", project_id=project, limit=PAGE, **more)).root
            for field in found.items:
                yield field
            if found.next is None:
                return
            more = {"cursor": found.next}

    async def decisions(self) -> Subject:
        found: Findings = await self.context.call(search_knowledge, tags=[DECISION], sort="newest", limit=FETCHED)
        lines = [_finding(each) for each in found.results]
        more = f'search_knowledge tags=["{DECISION}"]'
        return Subject("decisions", "Decisions", lines, len(lines) + bool(found.next), more, 15)

    async def knowledge(self) -> Subject:
        found: Findings = await self.context.call(search_knowledge, sort="top", limit=FETCHED)
        lines = [_finding(each) for each in found.results if DECISION not in each.tags]
        return Subject("knowledge", "What the team knows", lines, len(lines) + bool(found.next), "search_knowledge", 10)

    async def pinned(self) -> Subject:
        lines: list[str] = []
        for channel in await self._channels():
            pins = (await self.context.call("get_pinned_messages", channel_id=channel)).pins
            lines += [line(f"[{pin.message_id}] #{pin.channel_id} {pin.from_agent}: {pin.content}") for pin in pins]
        return Subject("pinned", "Pinned messages", lines[:FETCHED], len(lines), "get_pinned_messages of a channel", 10)

    async def _channels(self) -> list[str]:
        """Those of the profile, else the ones that the agent is in; no direct messages."""
        found = (await self.context.call("get_channels")).root
        mine = [channel.id for channel in found if channel.member and channel.type != "dm"]
        named = [channel.id for channel in found if channel.id in self.interests.participating_channels]
        return (named or mine)[:CHANNELS]

    async def people(self) -> Subject:
        found = (await self.context.call("get_agents")).root
        others = [agent for agent in found if agent.name != self.context.actor.name]
        others.sort(key=lambda agent: not agent.here)
        lines = [line(agent.text()) for agent in others[:FETCHED]]
        return Subject("people", "Who is here", lines, len(others), "get_agents", 5)


def _finding(found: FoundFinding) -> str:
    """A finding in one line, with its first words."""
    return line(found.text())
