"""How projects stand: who is there, what is being answered, and how long one would wait."""

from __future__ import annotations

from .operations import teams_get_status

OPERATIONS = [teams_get_status]
