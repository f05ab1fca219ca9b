"""Who speaks for a project, and who hears for it."""

from __future__ import annotations

from teammcp import Agent, Context, Forbidden, InvalidInput, Reader, Row

from ..registry import existing, may_change, people, project_of
from ..registry import queries as registry


def speaks_for(reader: Reader, actor: Agent, project: Row) -> bool:
    """Whether a member speaks for a project: it works in it, or may change it."""
    return may_change(actor, project) or project_of(reader, actor.name) == project["name"]


def own_project(reader: Reader, context: Context, named: str | None) -> Row:
    """The project for which the actor speaks: the one that is named, else that in which it works.

    Raises:
        InvalidInput: none is named, and it works in none. NotFound: it was removed. Forbidden: it has no say in it.
    """
    name = named or project_of(reader, context.actor.name)
    if name is None:
        raise InvalidInput.at("project", "you work in no project. Name the one for which you speak")
    project = existing(reader, name)
    if not speaks_for(reader, context.actor, project):
        raise Forbidden(
            f"project: you do not speak for {name}. Whoever works in it does, its owners and the managers.",
            code="not_yours",
        )
    return project


def announcers(reader: Reader, context: Context, notice: Row) -> list[str]:
    """Who hears what comes of a notice: its announcer, or the people of its project if that was retired."""
    found = context.team.directory.agent(notice["announced_by"])
    if found is not None and not found.retired:
        return [found.name]
    project = registry.project(reader, notice["project"])
    return [] if project is None else people(reader, project)
