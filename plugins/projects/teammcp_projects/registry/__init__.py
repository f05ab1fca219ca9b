"""The registry of projects: what is known of each code base, who works in it, who may ask it."""

from __future__ import annotations

from .access import may_ask, may_change
from .leaving import see_off, take_out_retired
from .lookup import ProjectRef, existing
from .operations import (
    add_project,
    get_project,
    list_projects,
    remove_project,
    set_project_agents,
    update_project,
)
from .queries import project_of

OPERATIONS = [
    add_project,
    update_project,
    remove_project,
    list_projects,
    get_project,
    set_project_agents,
    take_out_retired,
]

__all__ = ["OPERATIONS", "ProjectRef", "existing", "may_ask", "may_change", "project_of", "see_off"]
