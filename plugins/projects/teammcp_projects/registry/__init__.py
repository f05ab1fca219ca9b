"""The registry of projects: what is known of each code base, who works in it, who may ask it."""

from __future__ import annotations

from .access import is_in_charge, may_ask, may_change
from .lookup import ProjectRef, asking_lane, existing, people
from .operations import OPERATIONS, see_off
from .queries import project_of

__all__ = [
    "OPERATIONS",
    "ProjectRef",
    "asking_lane",
    "existing",
    "is_in_charge",
    "may_ask",
    "may_change",
    "people",
    "project_of",
    "see_off",
]
