"""Roles as they hold in a team: those of the gallery, with what the team has changed or added."""

from __future__ import annotations

from teammcp import NotFound, Reader, Row

from . import queries
from .gallery import ShippedRole, shipped
from .models import Role


def find(reader: Reader, name: str) -> Role:
    """The role of that name.

    Raises:
        NotFound: there is none; the text lists those that there are.
    """
    row, own = queries.role(reader, name), shipped().get(name)
    if row is None and own is None:
        known = ", ".join(role.name for role in all_roles(reader))
        raise NotFound(f"role: there is no role '{name}'. There are: {known}.", code="role_not_found")
    return _role(row, own)


def all_roles(reader: Reader) -> list[Role]:
    """All roles, by name."""
    rows = {row["name"]: row for row in queries.roles(reader)}
    return [_role(rows.get(name), shipped().get(name)) for name in sorted({*rows, *shipped()})]


def _role(row: Row | None, own: ShippedRole | None) -> Role:
    if row is not None:
        return Role(
            name=row["name"],
            title=row["title"],
            summary=row["summary"],
            guide=row["guide"],
            shipped=own is not None,
            changed=True,
            changed_by=row["changed_by"],
            changed_at=row["changed_at"],
        )
    assert own is not None  # noqa: S101 - one of the two is there
    return Role(name=own.name, title=own.title, summary=own.summary, guide=own.guide, shipped=True, changed=False)
