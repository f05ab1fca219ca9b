"""Where the plugin keeps files."""

from __future__ import annotations

from pathlib import Path

from teammcp import Team

from .models import AuditSettings


def archive_folder(team: Team, settings: AuditSettings) -> Path:
    """The folder of a team's archives."""
    return archives_of(team.folder, settings)


def archives_of(team_folder: Path, settings: AuditSettings) -> Path:
    """The same for a team that is known by its folder of data, whose name is the team's."""
    return team_folder / "archive" if settings.archive is None else settings.archive / team_folder.name


def export_folder(team: Team) -> Path:
    """The folder of exports that wait to be handed out."""
    return team.folder / "audit-exports"
