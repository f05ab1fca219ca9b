"""Asking what changed since one last knew, acknowledging it, and saying what one wants to know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from teammcp import (
    Access,
    Agent,
    Context,
    Reader,
    StateEntry,
    Transaction,
    Work,
    entries_after,
    find_agent,
    json_excerpt,
    json_fitting,
    operation,
    readable_channel,
)

from ...events import GapsAcknowledged, ProfileChanged
from .. import queries
from ..interests import Interests, Missed, known_version, missed
from ..models import (
    Acknowledged,
    Channels,
    FieldNames,
    Gap,
    KnowledgeGaps,
    KnowledgeProfile,
    Name,
    Patterns,
    ProjectId,
    Projects,
)

MAIN = "default"
SHOWN = 100
"""Gaps shown at once; those behind them come when these are acknowledged."""
TOLD = 5
"""Versions of a field that are told of, the newest ones."""
VALUE = 2 * 1024
"""Bytes of a value's JSON in a gap."""
NO_PROFILE = "Nothing says yet what you want to know: call update_knowledge_profile, then ask again."


# -- gaps ------------------------------------------------------------------------------------------------------------


@operation("GET /api/state/knowledge-gaps", access="observer", profile="knowledge", idempotent=True)
async def check_knowledge_gaps(
    context: Context, project_id: ProjectId | None = None, agent_id: Name | None = None
) -> Work[KnowledgeGaps]:
    """See what others have changed in the shared state since you last knew, critical fields first.

    Do so before you change fields, and acknowledge what you have taken in. Without project_id: all your projects.
    """
    agent = _whose(context, agent_id, "Looking at another's gaps")
    interests, every, more = await context.read(_look, agent.name, project_id)
    found = context.budget().fit(every)  # and no more is noted as seen
    mine = agent.name == context.actor.name
    places = () if interests is None else (project_id,) if project_id else interests.places
    answer = KnowledgeGaps(
        agent_id=agent.name,
        project_id=project_id,
        gaps=found,
        critical_gaps=[gap.field for gap in found if gap.critical],
        has_gaps=bool(found),
        more=more or len(every) > len(found),
        error=None if interests else "no_profile",
        hint=None if interests else NO_PROFILE,
    )

    def work(tx: Transaction) -> KnowledgeGaps:
        if not mine:  # who looks over another's shoulder shows it nothing
            return answer
        for gap in found:
            queries.offer(tx, agent.name, gap.project_id, gap.field, gap.current_version)
        for place in places:
            queries.check(tx, agent.name, place, context.now())
        return answer

    return work


def _look(reader: Reader, agent: str, project_id: str | None) -> tuple[Interests | None, list[Gap], bool]:
    interests = Interests.read(reader, agent)
    if interests is None:
        return None, [], False
    places = [project_id] if project_id else interests.places
    found = [each for place in places for each in missed(reader, interests, place)]
    found.sort(key=lambda each: not each.critical)
    return interests, [_gap(reader, each, agent) for each in found[:SHOWN]], len(found) > SHOWN


def _gap(reader: Reader, each: Missed, agent: str) -> Gap:
    known = known_version(reader, each, agent)
    entries = entries_after(reader, each.project_id, each.field.field, known, TOLD)
    newest = entries[0]
    return Gap(
        project_id=each.project_id,
        field=each.field.field,
        critical=each.critical,
        your_version=known,
        current_version=newest.version,
        changes_missed=newest.version - known,
        **json_fitting("current_value", newest.value, VALUE),
        deleted=newest.action == "deleted",
        changed_by=newest.changed_by,
        changed_at=newest.changed_at,
        summary=_summary(entries, newest.version - known),
    )


def _summary(entries: list[StateEntry], number: int) -> str:
    """Who changed what, oldest first."""
    told = [_what(entry) for entry in reversed(entries)]
    return "; ".join(["…", *told] if number > len(told) else told)


def _what(entry: StateEntry) -> str:
    if entry.reason:
        return f"{entry.changed_by}: {' '.join(entry.reason.split())}"
    if entry.action == "deleted":
        return f"{entry.changed_by} deleted it"
    old = "" if entry.action == "created" else f"{json_excerpt(entry.old_value, 60)} "
    return f"{entry.changed_by}: {old}→ {json_excerpt(entry.value, 60)}"


@operation("POST /api/state/knowledge-gaps/acknowledge", access="observer", profile="knowledge", idempotent=True)
async def acknowledge_knowledge_gaps(
    context: Context, fields: FieldNames, project_id: ProjectId = MAIN
) -> Work[Acknowledged]:
    """Acknowledge fields whose changes you have taken in, up to the versions that check_knowledge_gaps showed you."""
    me, names = context.actor.name, list(dict.fromkeys(fields))

    def work(tx: Transaction) -> Acknowledged:
        shown = {row["field"]: row["offered"] for row in queries.known_in(tx, me, project_id)}
        moved = [name for name in names if queries.acknowledge(tx, me, project_id, name)]
        if moved:
            event = GapsAcknowledged(project_id=project_id, versions={name: shown[name] for name in moved})
            context.emit(tx, event, me, agents=[me])
        return Acknowledged(
            acknowledged=bool(moved),
            agent_id=me,
            project_id=project_id,
            fields=[name for name in names if name in shown],
            not_shown=[name for name in names if name not in shown],
        )

    return work


# -- profiles --------------------------------------------------------------------------------------------------------


@operation("GET /api/state/agent-profile", profile="knowledge", read_only=True)
async def get_knowledge_profile(context: Context, agent_id: Name | None = None) -> KnowledgeProfile:
    """See what a member wants to know of the shared state, and up to which versions it does; yours without a name."""
    agent = _whose(context, agent_id, "Looking at another's profile").name
    return await context.read(_profile, context, agent)


def _profile(reader: Reader, context: Context, agent: str) -> KnowledgeProfile:
    """A profile, without the channels that are none of the reader's business."""
    row = queries.profile(reader, agent)
    versions: dict[str, dict[str, int]] = {}
    for known in queries.known(reader, agent):
        if known["acked"]:
            versions.setdefault(known["project_id"], {})[known["field"]] = known["acked"]
    interests = Interests.of(row) if row else Interests(agent)
    readable = context.team.directory.readable(context.actor.name)
    return KnowledgeProfile(
        agent_id=agent,
        relevant_fields=list(interests.relevant_fields),
        critical_fields=list(interests.critical_fields),
        participating_projects=list(interests.participating_projects),
        participating_channels=[each for each in interests.participating_channels if each in readable],
        last_known_versions=versions,
        updated_at=row["updated_at"] if row else None,
    )


@operation("POST /api/state/agent-profile", access="observer", profile="knowledge", idempotent=True)
async def update_knowledge_profile(
    context: Context,
    relevant_fields: Patterns | None = None,
    critical_fields: Patterns | None = None,
    participating_projects: Projects | None = None,
    participating_channels: Channels | None = None,
    agent_id: Name | None = None,
) -> Work[KnowledgeProfile]:
    """Say what you want to know of the shared state: fields (globs such as "deploy.*"), critical ones, projects.

    What you leave out stays as it is, and what you know is never forgotten.
    """
    agent = _whose(context, agent_id, "Changing another's profile").name
    channels = participating_channels
    given = {
        "relevant_fields": relevant_fields,
        "critical_fields": critical_fields,
        "participating_projects": participating_projects,
        "participating_channels": channels and [readable_channel(context, channel).id for channel in channels],
    }
    changes: dict[str, Any] = {
        name: tuple(dict.fromkeys(values)) for name, values in given.items() if values is not None
    }

    def work(tx: Transaction) -> KnowledgeProfile:
        before = Interests.read(tx, agent)
        after = replace(before or Interests(agent), **changes)
        if after != before:
            after.write(tx, context.now())
            concerned = sorted({agent, context.actor.name})
            event = ProfileChanged(changes={name: list(values) for name, values in changes.items()})
            context.emit(tx, event, agent, agents=concerned)
        return _profile(tx, context, agent)

    return work


def _whose(context: Context, name: str | None, what: str) -> Agent:
    """The member that is meant: the actor, or for managers anybody.

    Raises:
        NotFound, Gone: there is no such member. Forbidden: it is another, and the actor is no manager.
    """
    agent = context.actor if name is None else find_agent(context, name, "agent_id")
    if agent.name != context.actor.name:
        context.require(Access.manager, what)
    return agent
