"""TeamMCP: the public API for plugin authors.

Everything a plugin needs is imported from here; what is not exported here may change without notice. It is loaded when
it is first asked for, because the command line starts for every hook of every agent and needs little of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .arguments.fields import Deadline, Timestamp, Until
    from .arguments.paging import of_rank, rank
    from .arguments.times import read_time
    from .clock import rfc3339
    from .config import load_settings
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
        Unauthorized,
    )
    from .events import Event
    from .events.kinds import EventData
    from .features.messages import Draft, Message
    from .features.notifications import Notification, Notifier, TryLater, Undeliverable
    from .features.state import StateChange, StateField
    from .features.tasks import FieldChange, Task, TaskChange
    from .members.directory import Access, Agent
    from .members.presence import MemberStatus, Reason
    from .operations import CallDeferred, Context, Operation, Prepared, Result, operation
    from .operations.budget import Budget
    from .operations.followers import Followed, Follower
    from .plugins import Deferred
    from .plugins.markers import hookimpl
    from .registry import OperationFunction
    from .server import Server, State, StateKey, Team
    from .server.children import Child, Chunk, Output, end_survivors, spawn
    from .server.jobs import Job
    from .server.services import Service
    from .server.timekeeping import Countdown
    from .storage import (
        LARGEST_ID,
        Databases,
        DataDamaged,
        Index,
        IndexEntry,
        Migration,
        Reader,
        Row,
        Transaction,
        Work,
        facet,
        file_chunks,
        is_applied,
        load_migrations,
        marks,
        open_databases,
        telling_damage,
    )
    from .surfaces.attachments import Attachment
    from .surfaces.resources import Resource
    from .surfaces.routes import RawRequest, RawResponse, Route, WebSocketRoute
    from .surfaces.streams import ends, require_valid
    from .surfaces.websockets import WebSocket, WebSocketClosed
    from .text.snippets import highlights, relevance, snippet
    from .text.terms import Terms, parse_terms
    from .text.untrusted import OTHERS, AnyWords, Author, Words, fence, quote

__all__ = [
    "LARGEST_ID",
    "OTHERS",
    "Access",
    "Agent",
    "AnyWords",
    "Attachment",
    "Author",
    "Budget",
    "CallDeferred",
    "Child",
    "Chunk",
    "Conflict",
    "Context",
    "Countdown",
    "DataDamaged",
    "Databases",
    "Deadline",
    "Deferred",
    "Draft",
    "Event",
    "EventData",
    "FieldChange",
    "Followed",
    "Follower",
    "Forbidden",
    "Gone",
    "Index",
    "IndexEntry",
    "InvalidInput",
    "Job",
    "MemberStatus",
    "Message",
    "Migration",
    "NotFound",
    "Notification",
    "Notifier",
    "Operation",
    "OperationFunction",
    "Output",
    "PreconditionRequired",
    "Prepared",
    "RawRequest",
    "RawResponse",
    "Reader",
    "Reason",
    "Refused",
    "Resource",
    "Result",
    "Route",
    "Row",
    "Server",
    "Service",
    "StartError",
    "State",
    "StateChange",
    "StateField",
    "StateKey",
    "Task",
    "TaskChange",
    "Team",
    "TeamError",
    "Terms",
    "Timestamp",
    "TooLarge",
    "Transaction",
    "TryLater",
    "Unauthorized",
    "Undeliverable",
    "Until",
    "WebSocket",
    "WebSocketClosed",
    "WebSocketRoute",
    "Words",
    "Work",
    "__version__",
    "end_survivors",
    "ends",
    "facet",
    "fence",
    "file_chunks",
    "highlights",
    "hookimpl",
    "is_applied",
    "load_migrations",
    "load_settings",
    "marks",
    "of_rank",
    "open_databases",
    "operation",
    "parse_terms",
    "quote",
    "rank",
    "read_time",
    "relevance",
    "require_valid",
    "rfc3339",
    "snippet",
    "spawn",
    "telling_damage",
]

_FOUND_IN = {
    "surfaces.attachments": ("Attachment",),
    "operations.budget": ("Budget",),
    "operations.followers": ("Followed", "Follower"),
    "clock": ("rfc3339",),
    "config": ("load_settings",),
    "server.children": ("Child", "Chunk", "Output", "end_survivors", "spawn"),
    "members.directory": ("Access", "Agent"),
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
        "Unauthorized",
    ),
    "events.kinds": ("EventData",),
    "events.log": ("Event",),
    "surfaces.streams": ("ends", "require_valid"),
    "text.untrusted": ("OTHERS", "AnyWords", "Author", "Words", "fence", "quote"),
    "plugins.markers": ("hookimpl",),
    "arguments.fields": ("Deadline", "Timestamp", "Until"),
    "operations": ("CallDeferred", "Context", "Operation", "Prepared", "Result", "operation"),
    "plugins": ("Deferred",),
    "members.presence": ("Reason", "MemberStatus"),
    "surfaces.resources": ("Resource",),
    "surfaces.routes": ("RawRequest", "RawResponse", "Route", "WebSocketRoute"),
    "surfaces.websockets": ("WebSocket", "WebSocketClosed"),
    "storage": (
        "marks",
        "LARGEST_ID",
        "DataDamaged",
        "Databases",
        "Index",
        "IndexEntry",
        "Migration",
        "Reader",
        "Row",
        "Transaction",
        "Work",
        "facet",
        "file_chunks",
        "is_applied",
        "load_migrations",
        "open_databases",
        "telling_damage",
    ),
    "text.snippets": ("highlights", "relevance", "snippet"),
    "text.terms": ("Terms", "parse_terms"),
    "server": ("Server", "State", "StateKey", "Team"),
    "features.messages": ("Draft", "Message"),
    "features.notifications": ("Notification", "Notifier", "TryLater", "Undeliverable"),
    "features.state": ("StateChange", "StateField"),
    "features.tasks": ("FieldChange", "Task", "TaskChange"),
    "registry": ("OperationFunction",),
    "server.jobs": ("Job",),
    "server.services": ("Service",),
    "server.timekeeping": ("Countdown",),
    "arguments.paging": ("of_rank", "rank"),
    "arguments.times": ("read_time",),
}

if not TYPE_CHECKING:  # type checkers are to know what is there and what is not

    def __getattr__(name: str) -> Any:
        for module, names in _FOUND_IN.items():
            if name in names:
                return getattr(import_module(f".{module}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
