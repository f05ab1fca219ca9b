"""TeamMCP: the public API for plugin authors.

Everything a plugin needs is imported from here; what is not exported here may change without notice. It is loaded when
it is first asked for, because the command line starts for every hook of every agent and needs little of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attachments import Attachment
    from .budget import Budget
    from .clock import rfc3339
    from .config import load_settings
    from .directory import Access, Agent
    from .errors import (
        Conflict,
        Forbidden,
        Gone,
        InvalidInput,
        NotFound,
        PreconditionRequired,
        Refused,
        StartError,
        TeamError,
        TooLarge,
    )
    from .events.log import Event
    from .events.stream import ends, require_valid
    from .fencing import OTHERS, AnyWords, Words, fence, quote
    from .hookspecs import hookimpl
    from .models import Deadline, Timestamp, Until
    from .operations import Context, Operation, Result, operation
    from .plugins import Deferred
    from .presence import Reason, Standing
    from .resources import Resource
    from .storage import Migration, Reader, Row, Transaction, Work, load_migrations
    from .team import Server, Team
    from .timekeeping import Countdown
    from .times import read_time

__version__ = "0.1.0"

__all__ = [
    "OTHERS",
    "Access",
    "Agent",
    "AnyWords",
    "Attachment",
    "Budget",
    "Conflict",
    "Context",
    "Countdown",
    "Deadline",
    "Deferred",
    "Event",
    "Forbidden",
    "Gone",
    "InvalidInput",
    "Migration",
    "NotFound",
    "Operation",
    "PreconditionRequired",
    "Reader",
    "Reason",
    "Refused",
    "Resource",
    "Result",
    "Row",
    "Server",
    "Standing",
    "StartError",
    "Team",
    "TeamError",
    "Timestamp",
    "TooLarge",
    "Transaction",
    "Until",
    "Words",
    "Work",
    "ends",
    "fence",
    "hookimpl",
    "load_migrations",
    "load_settings",
    "operation",
    "quote",
    "read_time",
    "require_valid",
    "rfc3339",
]

_FOUND_IN = {
    "attachments": ("Attachment",),
    "budget": ("Budget",),
    "clock": ("rfc3339",),
    "config": ("load_settings",),
    "directory": ("Access", "Agent"),
    "errors": (
        "Conflict",
        "Forbidden",
        "Gone",
        "InvalidInput",
        "NotFound",
        "PreconditionRequired",
        "Refused",
        "StartError",
        "TeamError",
        "TooLarge",
    ),
    "events.log": ("Event",),
    "events.stream": ("ends", "require_valid"),
    "fencing": ("OTHERS", "AnyWords", "Words", "fence", "quote"),
    "hookspecs": ("hookimpl",),
    "models": ("Deadline", "Timestamp", "Until"),
    "operations": ("Context", "Operation", "Result", "operation"),
    "plugins": ("Deferred",),
    "presence": ("Reason", "Standing"),
    "resources": ("Resource",),
    "storage": ("Migration", "Reader", "Row", "Transaction", "Work", "load_migrations"),
    "team": ("Server", "Team"),
    "timekeeping": ("Countdown",),
    "times": ("read_time",),
}

if not TYPE_CHECKING:  # type checkers are to know what is there and what is not

    def __getattr__(name: str) -> Any:
        for module, names in _FOUND_IN.items():
            if name in names:
                return getattr(import_module(f".{module}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
