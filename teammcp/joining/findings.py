"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass

LOOKER = "looks:joining"
"""The reader of answers to calls with an agent's key that do not show that the agent is here."""
LOOKS = {"TeamMCP-Reader": LOOKER}


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        remedy: what to do; empty if all is well.
        note: whether it may well be so on purpose, and does not count as wrong.
    """

    what: str
    remedy: str = ""
    note: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether something has to be done."""
        return bool(self.remedy) and not self.note
