"""Who misses what: the matrix of members and projects or fields, and what stands in a member's inbox."""

from __future__ import annotations

from teammcp import Access, Context, Reader, operation
from teammcp.features.state import FieldVersion, field_versions, version_written

from . import queries
from .interests import Interests, is_missed, missed
from .models import GapCell, GapMatrix, GapRow, ProjectId

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
    if project_id is not None:
        return _of_fields(reader, project_id, members)
    columns = sorted({place for member in members for place in member.places})
    rows = [
        GapRow(
            agent=member.agent,
            checked_at=queries.last_check(reader, member.agent),
            cells=[_project(reader, member, place) if place in member.places else None for place in columns],
        )
        for member in members
    ]
    return GapMatrix(project_id=None, columns=columns, rows=rows, more=False)


def _project(reader: Reader, member: Interests, project_id: str) -> GapCell:
    found = missed(reader, member, project_id)
    return GapCell(critical=sum(each.critical for each in found), total=len(found))


def _of_fields(reader: Reader, project_id: str, members: list[Interests]) -> GapMatrix:
    """The columns are the fields that somebody misses; the cells count versions."""
    fields = field_versions(reader, project_id)
    members = [member for member in members if project_id in member.places]
    cells = {member.agent: _cells(reader, project_id, member, fields) for member in members}
    behind = [field.field for field in fields if any(row.get(field.field, _NOTHING).total for row in cells.values())]
    columns = behind[:COLUMNS]
    rows = [
        GapRow(
            agent=member.agent,
            checked_at=queries.checked_at(reader, member.agent, project_id),
            cells=[cells[member.agent].get(column) for column in columns],
        )
        for member in members
    ]
    return GapMatrix(project_id=project_id, columns=columns, rows=rows, more=len(behind) > COLUMNS)


_NOTHING = GapCell(critical=0, total=0)


def _cells(reader: Reader, project_id: str, member: Interests, fields: list[FieldVersion]) -> dict[str, GapCell]:
    acked = {row["field"]: row["acked"] for row in queries.known_in(reader, member.agent, project_id)}
    cells = {}
    for field in fields:
        if not member.concerns(field.field):
            continue
        known = acked.get(field.field, 0)
        total = 0
        if is_missed(field, known, member.agent):
            total = field.version - max(known, version_written(reader, project_id, field.field, member.agent))
        cells[field.field] = GapCell(critical=total if member.is_critical(field.field) else 0, total=total)
    return cells


def count_gaps(reader: Reader, agent: str) -> GapCell | None:
    """How many fields a member has to catch up on in all its projects; None if that is none."""
    interests = Interests.read(reader, agent)
    if interests is None:
        return None
    cells = [_project(reader, interests, place) for place in interests.places]
    found = GapCell(critical=sum(cell.critical for cell in cells), total=sum(cell.total for cell in cells))
    return found if found.total else None
