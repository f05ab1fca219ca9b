"""What can be done with roles, and with teams made of them."""

from __future__ import annotations

from typing import Any

from .assembling import accept_assembly, assemble_team, decline_assembly, get_assembly, list_assemblies, retire_assembly
from .gallery import delete_role, get_role, list_roles, set_role
from .holding import hold_assembly
from .spawning import spawn_agent

OPERATIONS: list[Any] = [
    list_roles,
    get_role,
    set_role,
    delete_role,
    spawn_agent,
    assemble_team,
    accept_assembly,
    decline_assembly,
    retire_assembly,
    get_assembly,
    list_assemblies,
    hold_assembly,
]
