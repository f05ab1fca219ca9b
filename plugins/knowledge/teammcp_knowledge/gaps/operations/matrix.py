"""Who misses what: the matrix of members and projects or fields, and what stands in a member's inbox."""

from __future__ import annotations

from collections.abc import Iterable

from teammcp import Access, Context, Reader, field_versions, operation

from .. import queries
from ..interests import Interests, Missed, known_version, missed
from ..models import GapCell, GapMatrix, GapRow, ProjectId

MEMBERS = 500
COLUMNS = 40


@operation("GET /api/state/knowledge-gaps/matrix", profile="knowledge", read_only=True)
async def get_knowledge_matrix(context: Context, project_id: ProjectId | None = None) -> GapMatrix:
    """See who misses which changes of the shared state, by project or, with project_id, by field.

    Managers see all members that have a profile, others themselves.
    """
    names = None if context.actor.access >= Access.manager else [context.actor.name]
    retired = {agent.name for agent in context.team.directory.agents.values() if agent.retired}
    return await context.read(_matrix, project_id, names, retired)


def _matrix(reader: Reader, project_id: str | None, names: list[str] | None, retired: set[str]) -> GapMatrix:
    profiles = queries.profiles(reader, MEMBERS) if names is None else [queries.profile(reader, names[0])]
    members = [Interests.of(row) for row in profiles if row is not None and row["agent"] not in retired]
    return _of_projects(reader, members) if project_id is None else _of_fields(reader, members, project_id)


def _of_projects(reader: Reader, members: list[Interests]) -> GapMatrix:
    """The columns are the projects of all profiles; the cells count fields."""
    columns = sorted({place for member in members for place in member.places})
    fields = {place: field_versions(reader, place) for place in columns}

    def cell(member: Interests, place: str) -> GapCell | None:
        return _sum(missed(reader, member, place, fields[place])) if place in member.places else None

    rows = [
        GapRow(
            agent=member.agent,
            checked_at=queries.last_check(reader, member.agent),
            cells=[cell(member, place) for place in columns],
        )
        for member in members
    ]
    return GapMatrix(project_id=None, columns=columns, rows=rows, more=False)


def _of_fields(reader: Reader, members: list[Interests], project_id: str) -> GapMatrix:
    """The columns are the fields that somebody misses; the cells count versions."""
    fields = field_versions(reader, project_id)
    members = [member for member in members if project_id in member.places]
    gaps = {
        member.agent: {each.field.field: each for each in missed(reader, member, project_id, fields)}
        for member in members
    }
    behind = sorted({name for found in gaps.values() for name in found})
    columns = behind[:COLUMNS]
    rows = [
        GapRow(
            agent=member.agent,
            checked_at=queries.checked_at(reader, member.agent, project_id),
            cells=[_versions(reader, member, name, gaps[member.agent].get(name)) for name in columns],
        )
        for member in members
    ]
    return GapMatrix(project_id=project_id, columns=columns, rows=rows, more=len(behind) > COLUMNS)


def _versions(reader: Reader, member: Interests, name: str, gap: Missed | None) -> GapCell | None:
    if gap is None:
        return GapCell(critical=0, total=0) if member.concerns(name) else None
    total = gap.field.version - known_version(reader, gap, member.agent)
    return GapCell(critical=total if gap.critical else 0, total=total)


def _sum(gaps: Iterable[Missed]) -> GapCell:
    found = [gap.critical for gap in gaps]
    return GapCell(critical=sum(found), total=len(found))


def count_gaps(reader: Reader, agent: str) -> GapCell | None:
    """How many fields a member has to catch up on in all its projects; None if that is none."""
    interests = Interests.read(reader, agent)
    if interests is None:
        return None
    found = _sum(gap for place in interests.places for gap in missed(reader, interests, place))
    return found if found.total else None
