"""The Tasks extension of MCP (SEP-2663, in the 2026 era): a call whose result is a handle gives a task instead.

Nothing is kept of a task: its id says of which tool it is and what goes on, and whoever asks for it is told how that
stands now. So a task lasts as long as that does, and over restarts of client and server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import METHOD_NOT_FOUND, RequestParams
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from ..clock import rfc3339
from ..errors import NotFound
from ..operations import Context
from ..plugins import Deferred
from ..registry import Ongoing, Operation, Standing
from .tools import Toolbox, View

EXTENSION = "io.modelcontextprotocol/tasks"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
MISSING_CAPABILITY = -32021
POLL = 2_000
"""Milliseconds after which a client may ask again."""

Answer = Callable[[Context, str, View], Awaitable[dict[str, Any]]]
"""Answers a request about the task of an id."""


class TaskParams(RequestParams):
    """Of a request about a task."""

    task_id: str


def speaks_tasks(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Whether a request is of a client that takes a task for a result."""
    declared = (ctx.meta or {}).get(CAPABILITIES)
    extensions = declared.get("extensions") if isinstance(declared, dict) else None
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS and isinstance(extensions, dict) and EXTENSION in extensions


def require_tasks(ctx: ServerRequestContext[Any, Any]) -> None:
    """Refuse a request about a task by a client that has not declared the extension, or is of an earlier era.

    Raises:
        MCPError: as the extension wants it.
    """
    if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(METHOD_NOT_FOUND, "Method not found")
    if not speaks_tasks(ctx):
        raise MCPError(
            MISSING_CAPABILITY,
            f"Missing required client capability: declare the extension {EXTENSION}.",
            {"requiredCapabilities": {"extensions": {EXTENSION: {}}}},
        )


class Tasks:
    """The tasks of tools after whose results something goes on.

    Args:
        tools: all tools.
    """

    def __init__(self, tools: Toolbox) -> None:
        self._tools = tools
        self._ongoing = tools.ongoing()

    def __bool__(self) -> bool:
        return bool(self._ongoing)

    def methods(self) -> dict[str, tuple[type[TaskParams], Answer]]:
        """The requests about tasks: method -> its parameters, and what answers it."""
        return {
            "tasks/get": (TaskParams, self._get),
            "tasks/update": (TaskParams, self._update),
            "tasks/cancel": (TaskParams, self._cancel),
        }

    async def created(self, context: Context, name: str, outcome: Any) -> dict[str, Any] | None:
        """The task that a call has begun; None if nothing goes on after it, or not yet."""
        if name not in self._ongoing or outcome is None or isinstance(outcome, Deferred):
            return None
        _, ongoing = self._ongoing[name]
        handle = ongoing.handle(outcome)
        standing = await ongoing.look(context, handle)
        return {**_fields(f"{name}:{handle}", standing), "resultType": "task"}

    async def _get(self, context: Context, task_id: str, view: View) -> dict[str, Any]:
        operation, ongoing, handle = self._find(task_id)
        standing = await ongoing.look(context, handle)
        shown = _fields(task_id, standing)
        if standing.state == "completed":
            result = await self._tools.as_result(context, operation, standing.result, view)
            shown["result"] = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        return shown

    async def _update(self, context: Context, task_id: str, view: View) -> dict[str, Any]:
        """Nothing is asked of a client by a task, so whatever it says is not what was asked."""
        await self._get(context, task_id, view)
        return {}

    async def _cancel(self, context: Context, task_id: str, view: View) -> dict[str, Any]:
        _, ongoing, handle = self._find(task_id)
        await ongoing.cancel(context, handle)
        return {}

    def _find(self, task_id: str) -> tuple[Operation, Ongoing, str]:
        name, _, handle = task_id.partition(":")
        if name not in self._ongoing:
            raise NotFound("taskId: there is no such task.", code="no_task")
        return *self._ongoing[name], handle


def _fields(task_id: str, standing: Standing) -> dict[str, Any]:
    """A task as the extension has it: the SDK has no types of that, and leaves out what is null."""
    return {
        "taskId": task_id,
        "status": standing.state,
        "statusMessage": standing.words,
        "createdAt": rfc3339(standing.began_at),
        "lastUpdatedAt": rfc3339(standing.changed_at),
        "ttlMs": None,
        "pollIntervalMs": POLL,
    }
