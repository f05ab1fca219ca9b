"""What events of projects say."""

from __future__ import annotations

from teammcp import EventData, Words


class ProjectEvent(EventData):
    """Which project."""

    project: str


class ProjectAdded(ProjectEvent, kind="project.added"):
    """A project was added to the registry."""

    description: Words
    owners: list[str]


class ProjectUpdated(ProjectEvent, kind="project.updated"):
    """Facts of a project were changed; ``fields`` names them."""

    version: int
    fields: list[str]


class ProjectRemoved(ProjectEvent, kind="project.removed"):
    """A project was removed from the registry."""


class ProjectAgentsChanged(ProjectEvent, kind="project.agents_changed"):
    """Other members than before work in a project, or answer for it."""

    agents: list[str]
    answerers: list[str]


EVENT_KINDS = (ProjectAdded, ProjectUpdated, ProjectRemoved, ProjectAgentsChanged)
