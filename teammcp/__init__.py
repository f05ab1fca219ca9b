"""TeamMCP: the public API for plugin authors.

Everything a plugin needs is imported from here; what is not exported here may change without notice.
"""

from __future__ import annotations

from .attachments import Attachment
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
    TeamError,
    TooLarge,
)
from .events.log import Event
from .hookspecs import hookimpl
from .models import Timestamp
from .operations import Context, Operation, Result, operation
from .plugins import Deferred
from .resources import Resource
from .storage import Migration, Reader, Row, Transaction, Work, load_migrations
from .team import Server, Team

__version__ = "0.1.0"

__all__ = [
    "Access",
    "Agent",
    "Attachment",
    "Conflict",
    "Context",
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
    "Refused",
    "Resource",
    "Result",
    "Row",
    "Server",
    "Team",
    "TeamError",
    "Timestamp",
    "TooLarge",
    "Transaction",
    "Work",
    "hookimpl",
    "load_migrations",
    "load_settings",
    "operation",
]
