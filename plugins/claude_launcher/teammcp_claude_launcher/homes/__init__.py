"""Homes: where an agent lives, what it runs, by what rights, and whether it is to run."""

from __future__ import annotations

from .gate import gate
from .models import AgentHome, Brief, Credential, Folder, Guide, Model, PlaceChoices
from .newcomers import Newcomer, make
from .notes import forget_machine, hold_team, let_go, note_end
from .operations import OPERATIONS
from .orders import orders
from .queries import home as find
from .queries import homes_on, is_wanted, members, set_conversation
from .watching import JOBS, look, see_off

__all__ = [
    "JOBS",
    "OPERATIONS",
    "AgentHome",
    "Brief",
    "Credential",
    "Folder",
    "Guide",
    "Model",
    "Newcomer",
    "PlaceChoices",
    "find",
    "forget_machine",
    "gate",
    "hold_team",
    "homes_on",
    "is_wanted",
    "let_go",
    "look",
    "make",
    "members",
    "note_end",
    "orders",
    "see_off",
    "set_conversation",
]
