"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a check found; ``remedy`` is empty if all is well."""

    what: str
    remedy: str = ""
