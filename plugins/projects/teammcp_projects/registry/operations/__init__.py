"""What can be done with projects."""

from __future__ import annotations

from .leaving import see_off, take_out_retired
from .projects import add_project, get_project, list_projects, remove_project, set_project_agents, update_project

OPERATIONS = [
    add_project,
    update_project,
    remove_project,
    list_projects,
    get_project,
    set_project_agents,
    take_out_retired,
]

__all__ = ["OPERATIONS", "see_off"]
