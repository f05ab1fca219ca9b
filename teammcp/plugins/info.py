"""`PluginInfo`: what is known of one plugin."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..deprecation import used_by


@dataclass
class PluginInfo:
    """What the plugins page shows of one plugin."""

    name: str
    version: str
    built_in: bool
    state: str = "active"
    """``active``, ``disabled`` (by settings) or ``failed``."""
    hooks: list[str] = field(default_factory=list)
    error: str | None = None
    """The traceback of what switched it off."""
    package: str = ""
    """The top-level package that it is in."""
    faults: int = 0
    """How often a hook of it raised since the start."""
    last_fault: str | None = None

    @property
    def deprecated(self) -> list[str]:
        """What it has called since the start that is to go, in words."""
        return used_by(self.package) if self.package and not self.built_in else []
