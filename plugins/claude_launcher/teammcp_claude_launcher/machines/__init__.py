"""The machines that run agents: which there are, and what is said to their runners."""

from __future__ import annotations

from .connections import Link, Links, links
from .local import local_name
from .queries import active, found, heard, machine, set_reported

__all__ = ["Link", "Links", "active", "found", "heard", "links", "local_name", "machine", "set_reported"]
