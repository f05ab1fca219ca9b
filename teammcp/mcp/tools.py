"""Operations as MCP tools: what each agent is offered, and calls with their results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from mcp.types import CallToolResult, ImageContent, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel

from .. import logs, operations
from ..errors import InvalidInput, NotFound, TeamError
from ..operations import Context, Operation
from ..plugins import Deferred
from ..registry import Ongoing
from ..server import Server
from ..storage import LARGEST_ID
from ..surfaces.attachments import Attachment
from ..surfaces.unread import waiting
from ..text.untrusted import fence, holds_words, quote, told
from .cutting import FROM, cut
from .schemas import input_schema, output_schema, wraps

TEXT_ONLY = "text"
EVERYDAY = "everyday"
INBOX_PROFILE = "inbox"
"""The operations that tell what waits for the agent: a notice beside their results would say it twice."""

ERROR = "teammcp/error"
"""Key of a result's ``_meta`` under which programs find an error's code, sentence and data. No structured content: that
would not be what the tool's output schema says, and strict clients refuse the whole result then, its sentence too."""
NAMES = {
    *("assignee", "current_writer", "cycle", "decided_by", "field", "project_id", "request_id", "status", "taken_by"),
}
"""Data of errors that are names, or words out of a list."""
NOT_DONE = "teammcp/deferred"
"""The same for what waits, where the output schema does not know of it."""


@dataclass(frozen=True)
class View:
    """What a client has asked for in the query of the URL."""

    tools: frozenset[str] | None = None
    """Names of profiles or tools (``?tools=everyday,files``); None stands for all."""
    text_only: bool = False
    """``?results=text``: no structured content. Several agent programs show their model the structured content and
    drop the text; the text is shorter and sets apart what others wrote."""


class Toolbox:
    """The tools of a server."""

    def __init__(self, server: Server) -> None:
        self._operations = {item.name: item for item in sorted(server.registry, key=_name) if item.tool}
        self._profiles = {profile for item in self._operations.values() for profile in profiles_of(item)}

    def holds(self, name: str) -> bool:
        """Whether a tool may hold its caller; see `operation`."""
        return name in self._operations and self._operations[name].holds

    def tells(self, message: Mapping[str, Any]) -> bool:
        """Whether a request is a call of a tool that says how things stand, by a client that wants to hear it."""
        params = message.get("params")
        if message.get("method") != "tools/call" or not isinstance(params, Mapping):
            return False
        operation, meta = self._operations.get(str(params.get("name"))), params.get("_meta")
        return bool(operation and operation.tells) and isinstance(meta, Mapping) and "progressToken" in meta

    def ongoing(self) -> dict[str, tuple[Operation, Ongoing]]:
        """The tools after whose results something goes on, by name."""
        return {name: (each, each.ongoing) for name, each in self._operations.items() if each.ongoing is not None}

    def view(self, query: str) -> View:
        """Read a URL's query.

        Raises:
            InvalidInput: there is no such profile, tool or kind of results.
        """
        if not query:
            return ALL
        options = dict(parse_qsl(query, keep_blank_values=True))
        results = options.get("results", "")
        if results not in {"", TEXT_ONLY}:
            detail = f"results: '{TEXT_ONLY}' is the only choice besides leaving it out."
            raise InvalidInput.at("results", f"must be '{TEXT_ONLY}'", detail=detail)
        return View(self._names(options["tools"]) if "tools" in options else None, results == TEXT_ONLY)

    def _names(self, wanted: str) -> frozenset[str]:
        names = frozenset(filter(None, (name.strip() for name in wanted.split(","))))
        unknown = sorted(names - self._profiles - self._operations.keys())
        if unknown:
            profiles = ", ".join(sorted(self._profiles))
            detail = f"tools: there is no profile or tool called '{unknown[0]}'. Profiles: {profiles}."
            raise InvalidInput.at("tools", "no such profile or tool", detail=detail)
        return names

    def offered(self, context: Context, view: View) -> list[Tool]:
        """The tools that the agent may call, as far as it wants to see them, by name. The first time it takes long."""
        make = _bare_tool if view.text_only else described
        return [
            make(item)
            for item in self._operations.values()
            if (view.tools is None or view.tools & {item.name, *profiles_of(item)}) and _allowed(context, item)
        ]

    async def call(self, context: Context, name: str, arguments: Mapping[str, Any], view: View) -> CallToolResult:
        """Call a tool. Errors are results too, since the model is to read them and to do better."""
        result, _ = await self.call_for(context, name, arguments, view)
        return result

    async def call_for(
        self, context: Context, name: str, arguments: Mapping[str, Any], view: View
    ) -> tuple[CallToolResult, Any]:
        """Call a tool; its result, and what the operation itself has given, None if it has failed."""
        result, outcome = await self._call(context, name, arguments)
        return _seen(result, view), outcome

    async def as_result(self, context: Context, operation: Operation, outcome: Any, view: View) -> CallToolResult:
        """What an operation has given, as the result of its tool."""
        outcome, following = cut(outcome, context.server.settings.max_result, 0)
        return _seen(_success(context, operation, outcome, await _notice(context, operation), following), view)

    async def _call(self, context: Context, name: str, arguments: Mapping[str, Any]) -> tuple[CallToolResult, Any]:
        try:
            operation = self._operations.get(name)
            if operation is None:
                raise NotFound(f"There is no tool called '{name}'.", code="unknown_operation")
            start, arguments = _start(operation, arguments)
            outcome = await operations.call(context, name, arguments)
            if isinstance(outcome, Attachment):
                outcome = await outcome.inlined()
            shown, following = cut(outcome, context.server.settings.max_result, start)
            return _success(context, operation, shown, await _notice(context, operation), following), outcome
        except TeamError as error:
            return _failure(error), None
        except Exception as error:  # noqa: BLE001 - logged, and told as well as it can be
            failure = logs.unexpected(error, f"the tool {name}")
            failure = failure or TeamError("The server failed; its log says why. The call itself may be right.")
            return _failure(failure), None


ALL = View()


def _seen(result: CallToolResult, view: View) -> CallToolResult:
    """A result as its client wants it."""
    if view.text_only:
        picture = _picture(result.structured_content or {})
        if picture is not None:
            result.content.append(picture)
        result.structured_content = None
    return result


def _name(operation: Operation) -> str:
    return operation.name


def profiles_of(operation: Operation) -> set[str]:
    """The names of profiles that hold an operation."""
    return {operation.profile, EVERYDAY} if operation.everyday else {operation.profile}


@cache  # schemas take long to make, and a process may have several applications, as in tests
def described(operation: Operation) -> Tool:
    """An operation as clients are told of it."""
    return Tool(
        name=operation.name,
        description=operation.description,
        input_schema=_input(operation),
        output_schema=output_schema(operation.result, deferrable=not operation.read_only),
        annotations=ToolAnnotations(
            read_only_hint=operation.read_only,
            destructive_hint=operation.destructive,
            idempotent_hint=operation.idempotent or operation.read_only,
            open_world_hint=False,
        ),
    )


def goes_on(operation: Operation) -> bool:
    """Whether a tool reads what may be too long for one answer, and so takes `FROM`."""
    return operation.read_only and holds_words(operation.result)


def _input(operation: Operation) -> dict[str, Any]:
    schema = input_schema(operation.arguments, idempotent=operation.idempotent)
    if goes_on(operation):
        schema["properties"] = {**schema["properties"], FROM: {"type": "integer"}}
    return schema


@cache
def _bare_tool(operation: Operation) -> Tool:
    return described(operation).model_copy(update={"output_schema": None})


def _allowed(context: Context, operation: Operation) -> bool:
    try:
        operations.authorise(context, operation)
    except TeamError:
        return False
    return True


async def _notice(context: Context, operation: Operation) -> dict[str, Any]:
    """What waits for the agent, in the words of the plugins."""
    if operation.profile == INBOX_PROFILE:
        return {}
    return await waiting(context)


def _start(operation: Operation, arguments: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """From where on the caller wants the long texts of a reading tool, and what the operation itself is asked.

    Raises:
        InvalidInput: that is no place in a text.
    """
    rest = dict(arguments)
    if not goes_on(operation):
        return 0, rest
    start = rest.pop(FROM, 0)
    if isinstance(start, str) and start.isdecimal():
        start = int(start)
    if type(start) is not int or not 0 <= start <= LARGEST_ID:
        raise InvalidInput.at(FROM, "must be a whole number, as the answer before gave it")
    return start, rest


def _cut_note(operation: Operation, following: int) -> str:
    """How to read on behind texts that were cut."""
    if goes_on(operation):
        return f"(long texts are cut here: call again with {FROM}={following} for what follows)"
    return f"(long texts are cut here: the tool that reads one of these goes on with {FROM}={following})"


def _success(
    context: Context, operation: Operation, outcome: Any, notice: dict[str, Any], following: int | None
) -> CallToolResult:
    data: dict[str, Any]
    if isinstance(outcome, Deferred):
        text = f"Not done yet, it has to wait: {_text(context, outcome.result)}"
        data = {"deferred": _data(outcome.result)}
        if operation.read_only:  # nothing there can be held, so its schema promises a result
            return CallToolResult(content=[TextContent(text=text)], is_error=True, _meta={NOT_DONE: data["deferred"]})
    else:
        text = _text(context, outcome)
        data = {"result": _data(outcome)} if wraps(operation.result) else _data(outcome)
    content: list[Any] = [TextContent(text=text)]
    if following is not None:
        content.append(TextContent(text=_cut_note(operation, following)))
    if notice:
        content.append(TextContent(text=f"unread: {_json(notice)}"))
        data = {"unread": notice, **data}  # a channel says `unread` of itself
    return CallToolResult(content=content, structured_content=data)


def _picture(data: Mapping[str, Any]) -> ImageContent | None:
    """The image in the data of an attachment: in the structured content a program finds it, a model does not."""
    mime_type = data.get("mime_type")
    if data.get("encoding") != "base64" or not isinstance(mime_type, str) or not mime_type.startswith("image/"):
        return None
    return ImageContent(data=data["content"], mime_type=mime_type)


def _failure(error: TeamError) -> CallToolResult:
    data = {key: value for key, value in error.data.items() if key != "errors"}  # `detail` names the fields
    said = {key: value for key, value in data.items() if _is_said_by_the_server(key, value)}
    others = {key: value for key, value in data.items() if key not in said}
    text = f"{error.title}: {quote(error.detail)}{f' {_json(said)}' if said else ''}"
    return CallToolResult(
        content=[TextContent(text=f"{text}\n{fence([quote(_json(others))])}" if others else text)],
        is_error=True,
        _meta={ERROR: {**error.data, "error": error.code, "detail": error.detail}},
    )


def _is_said_by_the_server(key: str, value: Any) -> bool:
    """Whether data of an error are figures, or known to be names: whatever else it is, somebody may have written it."""
    parts = value if isinstance(value, list) else [value]
    return all(
        part is None or isinstance(part, int | float) or (key in NAMES and isinstance(part, str)) for part in parts
    )


def _text(context: Context, value: Any) -> str:
    if isinstance(value, BaseModel):
        text = getattr(value, "text", None)
        plain = str(text()) if callable(text) else quote(value.model_dump_json(exclude_none=True))
        return told(value, plain, lambda name: _kind(context, name))
    return value if isinstance(value, str) else _json(value)


def _kind(context: Context, name: str) -> str | None:
    """What kind of member somebody else is."""
    found = context.team.directory.agents.get(name)
    return None if found is None or found.name == context.actor.name else found.kind


def _data(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
