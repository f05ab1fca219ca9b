"""TeamMCP: the public API for plugin authors.

Everything a plugin needs is imported from here, from `teammcp.web` for its pages, and from `teammcp.testing` for its
tests. What is not exported there may change without notice. It is loaded when it is first asked for, because the
command line starts for every hook of every agent and needs little of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .arguments.fields import (
        AgentName,
        ChannelName,
        Deadline,
        Limit,
        Line,
        Metadata,
        NotBlank,
        Text,
        Timestamp,
        TimeZone,
        Token,
        Until,
        json_within,
    )
    from .arguments.paging import of_rank, rank
    from .arguments.references import UNKNOWN, Reference, matches, names_match
    from .arguments.references import plain as plain_text
    from .arguments.times import read_time
    from .clock import rfc3339
    from .commands.client import call_server, url_option
    from .config import load_settings
    from .deprecation import deprecated
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
    from .events import Event, scan_events, stored_events
    from .events.kinds import EventData
    from .features.channels import ChannelRef, MemberRef, OwnRef, find_agent, readable_channel, writable_channel
    from .features.messages import (
        Draft,
        Message,
        Note,
        messages_by_id,
        note,
        quoted_block,
        quoted_line,
        send_notes,
        server_note,
        told_parts,
    )
    from .features.messages import visible as visible_message
    from .features.notifications import (
        Accepted,
        MessageKind,
        Notification,
        NotificationInfo,
        NotificationKind,
        Notifier,
        NotNow,
        Occasion,
        ServerNoteKind,
        Told,
        TryLater,
        Undeliverable,
    )
    from .features.parts import (
        MessagePart,
        MessageParts,
        PartShown,
        PartsTold,
        StoredPart,
        check_parts,
        draw_parts,
        draw_stored_parts,
        messages_with_parts,
        parts_of,
        parts_text,
    )
    from .features.parts import shown as shown_parts
    from .features.state import FieldName as StateFieldName
    from .features.state import (
        FieldVersion,
        ProjectId,
        StateChange,
        StateEntry,
        StateField,
        entries_after,
        field_versions,
        version_written,
    )
    from .features.state import Value as StateValue
    from .features.state import dumps as json_text
    from .features.state import fitting as json_fitting
    from .features.state import short as json_excerpt
    from .features.tasks import FieldChange, Task, TaskChange
    from .features.wakes import Wake
    from .keys import hash_key, new_key
    from .keys import team_of as team_of_key
    from .machine.children import MARK as CHILD_MARK
    from .machine.children import Child, Children, Chunk, Family, Output
    from .machine.files import private_folder, write_whole
    from .members.directory import Access, Agent
    from .members.presence import MemberStatus, Reason
    from .net.addresses import ServerAddress
    from .net.transport import certificates, client_options, proxy_for
    from .net.transport import reason as why_no_answer
    from .operations import CallDeferred, Context, Operation, Prepared, Result, operation
    from .operations.budget import Budget
    from .operations.effects import meanings as effects_of
    from .operations.followers import Followed, Follower
    from .plugins import Deferred, contributed
    from .plugins.markers import hookimpl
    from .registry import Ongoing, OperationFunction, Standing
    from .runtimes import (
        AgentRun,
        AgentStart,
        Capabilities,
        FileChange,
        InstalledProgram,
        Launch,
        Listener,
        McpServer,
        NotInstalled,
        PermissionAnswer,
        PermissionQuestion,
        Runtime,
        Session,
        StartFailed,
        TerminalScreen,
        TokenUsage,
        ToolUse,
        Turn,
        TurnEnd,
    )
    from .secrets import Secrets, SecretUnreadable
    from .server import Server, State, StateKey, Team
    from .server.children import end_survivors, spawn
    from .server.jobs import Job
    from .server.services import Service
    from .server.timekeeping import Countdown
    from .storage import (
        LARGEST_ID,
        Database,
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
        open_database,
        open_databases,
        present,
        telling_damage,
    )
    from .surfaces.attachments import Attachment
    from .surfaces.prompts import Prompt, PromptArgument, PromptMessage
    from .surfaces.resources import Resource
    from .surfaces.routes import RawRequest, RawResponse, Route, WebSocketRoute
    from .surfaces.streams import ends, require_valid
    from .surfaces.websockets import WebSocket, WebSocketClosed
    from .text.excerpts import excerpt
    from .text.snippets import highlights, relevance, snippet
    from .text.terms import Terms, parse_terms
    from .text.untrusted import OTHERS, AnyWords, Author, Words, fence, quote

__all__ = [  # noqa: RUF022 - in groups
    "__version__",
    # What a plugin is, and what the server gives it
    "Child",
    "Chunk",
    "Countdown",
    "Job",
    "Output",
    "Prompt",
    "PromptArgument",
    "PromptMessage",
    "Resource",
    "Server",
    "Service",
    "State",
    "StateKey",
    "Team",
    "deprecated",
    "end_survivors",
    "hookimpl",
    "load_settings",
    "spawn",
    # Operations
    "Attachment",
    "Budget",
    "CallDeferred",
    "Context",
    "Deferred",
    "Followed",
    "Follower",
    "Ongoing",
    "Operation",
    "OperationFunction",
    "Prepared",
    "Result",
    "Standing",
    "effects_of",
    "operation",
    # Errors
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
    # Types of arguments and results
    "OTHERS",
    "UNKNOWN",
    "AgentName",
    "AnyWords",
    "Author",
    "ChannelName",
    "ChannelRef",
    "Deadline",
    "Limit",
    "Line",
    "MemberRef",
    "Metadata",
    "NotBlank",
    "OwnRef",
    "ProjectId",
    "Reference",
    "StateFieldName",
    "StateValue",
    "Text",
    "TimeZone",
    "Timestamp",
    "Token",
    "Until",
    "Wake",
    "Words",
    "json_within",
    "matches",
    "names_match",
    "plain_text",
    # Texts for models and people
    "fence",
    "excerpt",
    "json_excerpt",
    "json_fitting",
    "json_text",
    "quote",
    "quoted_block",
    "quoted_line",
    # Members, channels and messages
    "Access",
    "Agent",
    "Draft",
    "MemberStatus",
    "Message",
    "MessagePart",
    "MessageParts",
    "Note",
    "PartShown",
    "PartsTold",
    "Reason",
    "StoredPart",
    "check_parts",
    "draw_parts",
    "draw_stored_parts",
    "ends",
    "find_agent",
    "messages_by_id",
    "messages_with_parts",
    "note",
    "parts_of",
    "parts_text",
    "readable_channel",
    "require_valid",
    "send_notes",
    "server_note",
    "shown_parts",
    "told_parts",
    "visible_message",
    "writable_channel",
    # Tasks and the shared state
    "FieldChange",
    "FieldVersion",
    "StateChange",
    "StateEntry",
    "StateField",
    "Task",
    "TaskChange",
    "entries_after",
    "field_versions",
    "version_written",
    # Notifications
    "Accepted",
    "MessageKind",
    "NotNow",
    "Notification",
    "NotificationInfo",
    "NotificationKind",
    "Notifier",
    "Occasion",
    "ServerNoteKind",
    "Told",
    "TryLater",
    "Undeliverable",
    # Events
    "Event",
    "EventData",
    "scan_events",
    "stored_events",
    # Storage
    "LARGEST_ID",
    "DataDamaged",
    "Database",
    "Databases",
    "Migration",
    "Reader",
    "Row",
    "SecretUnreadable",
    "Secrets",
    "Transaction",
    "Work",
    "file_chunks",
    "is_applied",
    "load_migrations",
    "marks",
    "open_database",
    "open_databases",
    "present",
    "telling_damage",
    # Search
    "Index",
    "IndexEntry",
    "Terms",
    "facet",
    "highlights",
    "of_rank",
    "parse_terms",
    "rank",
    "relevance",
    "snippet",
    # Runtimes: how programs of agents are run
    "AgentStart",
    "PermissionAnswer",
    "Capabilities",
    "FileChange",
    "Launch",
    "Listener",
    "McpServer",
    "NotInstalled",
    "PermissionQuestion",
    "InstalledProgram",
    "AgentRun",
    "Runtime",
    "Session",
    "StartFailed",
    "TerminalScreen",
    "ToolUse",
    "Turn",
    "TurnEnd",
    "TokenUsage",
    # Programs of a process that is no server, and how it reaches one
    "CHILD_MARK",
    "Children",
    "Family",
    "ServerAddress",
    "call_server",
    "certificates",
    "client_options",
    "contributed",
    "private_folder",
    "proxy_for",
    "url_option",
    "why_no_answer",
    "write_whole",
    # Keys
    "hash_key",
    "new_key",
    "team_of_key",
    # Requests that a plugin answers by itself
    "RawRequest",
    "RawResponse",
    "Route",
    "WebSocket",
    "WebSocketClosed",
    "WebSocketRoute",
    # Time
    "read_time",
    "rfc3339",
]

_MODULES = {
    "arguments.fields": (
        "AgentName",
        "ChannelName",
        "Deadline",
        "Limit",
        "Line",
        "Metadata",
        "NotBlank",
        "Text",
        "TimeZone",
        "Timestamp",
        "Token",
        "Until",
        "json_within",
    ),
    "arguments.paging": (
        "of_rank",
        "rank",
    ),
    "arguments.references": (
        "UNKNOWN",
        "Reference",
        "matches",
        "names_match",
        "plain=plain_text",
    ),
    "arguments.times": ("read_time",),
    "clock": ("rfc3339",),
    "commands.client": ("call_server", "url_option"),
    "config": ("load_settings",),
    "deprecation": ("deprecated",),
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
    "events": ("Event", "scan_events", "stored_events"),
    "events.kinds": ("EventData",),
    "features.channels": (
        "ChannelRef",
        "MemberRef",
        "OwnRef",
        "find_agent",
        "readable_channel",
        "writable_channel",
    ),
    "features.messages": (
        "Draft",
        "Message",
        "Note",
        "messages_by_id",
        "note",
        "quoted_block",
        "quoted_line",
        "send_notes",
        "server_note",
        "told_parts",
        "visible=visible_message",
    ),
    "features.notifications": (
        "Accepted",
        "MessageKind",
        "NotNow",
        "Notification",
        "NotificationInfo",
        "NotificationKind",
        "Notifier",
        "Occasion",
        "ServerNoteKind",
        "Told",
        "TryLater",
        "Undeliverable",
    ),
    "features.parts": (
        "MessagePart",
        "MessageParts",
        "PartShown",
        "PartsTold",
        "StoredPart",
        "check_parts",
        "draw_parts",
        "draw_stored_parts",
        "messages_with_parts",
        "parts_of",
        "parts_text",
        "shown=shown_parts",
    ),
    "features.state": (
        "FieldName=StateFieldName",
        "FieldVersion",
        "ProjectId",
        "StateChange",
        "StateEntry",
        "StateField",
        "Value=StateValue",
        "dumps=json_text",
        "entries_after",
        "field_versions",
        "fitting=json_fitting",
        "short=json_excerpt",
        "version_written",
    ),
    "features.tasks": (
        "FieldChange",
        "Task",
        "TaskChange",
    ),
    "features.wakes": ("Wake",),
    "keys": (
        "hash_key",
        "new_key",
        "team_of=team_of_key",
    ),
    "machine.children": (
        "MARK=CHILD_MARK",
        "Child",
        "Children",
        "Chunk",
        "Family",
        "Output",
    ),
    "machine.files": (
        "private_folder",
        "write_whole",
    ),
    "members.directory": (
        "Access",
        "Agent",
    ),
    "members.presence": (
        "MemberStatus",
        "Reason",
    ),
    "operations": (
        "CallDeferred",
        "Context",
        "Operation",
        "Prepared",
        "Result",
        "operation",
    ),
    "operations.budget": ("Budget",),
    "operations.effects": ("meanings=effects_of",),
    "operations.followers": (
        "Followed",
        "Follower",
    ),
    "net.addresses": ("ServerAddress",),
    "net.transport": (
        "certificates",
        "client_options",
        "proxy_for",
        "reason=why_no_answer",
    ),
    "plugins": (
        "Deferred",
        "contributed",
    ),
    "plugins.markers": ("hookimpl",),
    "registry": ("Ongoing", "OperationFunction", "Standing"),
    "runtimes": (
        "AgentStart",
        "PermissionAnswer",
        "Capabilities",
        "FileChange",
        "Launch",
        "Listener",
        "McpServer",
        "NotInstalled",
        "PermissionQuestion",
        "InstalledProgram",
        "AgentRun",
        "Runtime",
        "Session",
        "StartFailed",
        "TerminalScreen",
        "ToolUse",
        "Turn",
        "TurnEnd",
        "TokenUsage",
    ),
    "server": (
        "Server",
        "State",
        "StateKey",
        "Team",
    ),
    "server.children": (
        "end_survivors",
        "spawn",
    ),
    "server.jobs": ("Job",),
    "server.services": ("Service",),
    "server.timekeeping": ("Countdown",),
    "storage": (
        "LARGEST_ID",
        "DataDamaged",
        "Database",
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
        "marks",
        "open_database",
        "open_databases",
        "present",
        "telling_damage",
    ),
    "secrets": ("SecretUnreadable", "Secrets"),
    "surfaces.attachments": ("Attachment",),
    "surfaces.prompts": ("Prompt", "PromptArgument", "PromptMessage"),
    "surfaces.resources": ("Resource",),
    "surfaces.routes": (
        "RawRequest",
        "RawResponse",
        "Route",
        "WebSocketRoute",
    ),
    "surfaces.streams": (
        "ends",
        "require_valid",
    ),
    "surfaces.websockets": (
        "WebSocket",
        "WebSocketClosed",
    ),
    "text.excerpts": ("excerpt",),
    "text.snippets": (
        "highlights",
        "relevance",
        "snippet",
    ),
    "text.terms": (
        "Terms",
        "parse_terms",
    ),
    "text.untrusted": (
        "OTHERS",
        "AnyWords",
        "Author",
        "Words",
        "fence",
        "quote",
    ),
}
"""Where each name is; ``own=public`` where it is called otherwise there."""
_FOUND_IN = {
    public or own: (module, own)
    for module, names in _MODULES.items()
    for own, _, public in (name.partition("=") for name in names)
}

if not TYPE_CHECKING:  # type checkers are to know what is there and what is not

    def __getattr__(name: str) -> Any:
        if name not in _FOUND_IN:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, own = _FOUND_IN[name]
        return getattr(import_module(f".{module}", __name__), own)
