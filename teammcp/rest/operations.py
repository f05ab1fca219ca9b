"""The endpoints of the registry's operations: each at its own path, and all at ``POST /api/call/<name>``."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from .. import operations
from ..errors import InvalidInput
from ..http.asgi import JSON, STRANGERS_BODY, bearer
from ..http.connection import WhileConnected, read_body
from ..members.directory import ANONYMOUS, Access
from ..members.readers import Reader
from ..operations import Context, Operation
from ..plugins import Deferred
from ..server import DEFAULT_TEAM, Server
from ..surfaces.attachments import Attachment
from ..surfaces.reader_headers import answering, declared, handed, line_of, take_signs
from ..text.wellformed import whole_json
from . import body
from .arguments import RouteArguments, takes_file
from .request import Request, Routes

FORM_OVERHEAD = 64 * 1024
"""Bytes that a multipart form or base64 JSON may take besides the file."""
PART = 256 * 1024
"""Bytes of a file read at once."""
LARGE = 512 * 1024
REGISTER = "register_agent"
NO_STORE = (b"cache-control", b"no-store")
IDEMPOTENCY_KEY = re.compile(rb"[!-~]{1,128}")


def routes(server: Server) -> Routes:
    """Every operation's endpoints."""
    found: Routes = {}
    for operation in server.registry.offered():
        endpoint = OperationEndpoint(server, operation)
        found[operation.method, operation.path] = endpoint.by_route
        found["POST", f"/api/call/{operation.name}"] = endpoint.by_name
        if operation.method == "GET":
            found["HEAD", operation.path] = endpoint.by_route
    return found


class OperationEndpoint:
    """Serves one operation. What does not depend on the request is worked out here, once."""

    def __init__(self, server: Server, operation: Operation) -> None:
        self._server = server
        self._operation = operation
        self._arguments = RouteArguments(operation)
        self._anonymous = operation.access is Access.anonymous
        self._lenient = operation.arguments.model_config.get("extra") == "ignore"
        self._limit = max(server.settings.max_body, operation.largest)
        self._forms = takes_file(operation)
        if self._forms:  # base64 makes four bytes of three
            self._limit = max(self._limit, server.settings.max_file * 4 // 3 + FORM_OVERHEAD)

    async def by_route(self, request: Request) -> None:
        """Serve the operation's own method and path."""
        context = self._enter(request)
        strict = True
        if self._arguments.by_query:
            arguments, strict = self._arguments.from_query(request.scope["query_string"]), False
        else:
            arguments, strict = await self._read(request, context)
        if request.path:
            arguments = self._arguments.from_path(request.path, arguments)
        await self._call(request, context, arguments, strict)

    async def by_name(self, request: Request) -> None:
        """Serve ``POST /api/call/<name>``: all arguments in the body."""
        context = self._enter(request)
        arguments, strict = await self._read(request, context)
        await self._call(request, context, arguments, strict)

    def _enter(self, request: Request) -> Context:
        key = bearer(request.headers.get(b"authorization"))
        if key is not None and self._operation.name == REGISTER and self._server.identity.is_admin_key(key):
            return replace(self._nobody(request), admin=True)
        if key is None and self._anonymous:
            self._server.limits.address.take(request.address)
            if self._operation.name == REGISTER:
                self._server.limits.register.take(request.address)
            return self._nobody(request)
        line = line_of(request.scope)
        reader = declared(request.headers, line) or Reader("rest", line)
        return operations.enter(self._server, key, "rest", request.address, reader)

    def _nobody(self, request: Request) -> Context:
        """The context of somebody who is no member; the arguments may name another team."""
        return Context(self._server, self._server.team(DEFAULT_TEAM), ANONYMOUS, "rest", request.address)

    async def _read(self, request: Request, context: Context) -> tuple[dict[str, Any], bool]:
        if request.scope["query_string"]:
            raise InvalidInput("Send the arguments in the body as JSON, not in the query.", code="query_not_allowed")
        request.body_read = True
        limit = self._limit if context.actor.access else min(self._limit, STRANGERS_BODY)
        data = await read_body(request.headers, request.receive, limit)
        if self._lenient:  # a program's own event: nobody there could do better
            data = whole_json(data)
        if len(data) > LARGE:  # not in the event loop, where everybody else would wait
            return await asyncio.to_thread(body.parse, request.headers, data, forms=self._forms)
        return body.parse(request.headers, data, forms=self._forms)

    async def _call(self, request: Request, context: Context, arguments: dict[str, Any], strict: bool) -> None:
        if self._anonymous:
            context = self._in_team(context, arguments)
        key = request.headers.get(b"idempotency-key")
        once = None if key is None else _idempotency_key(key)
        async with answering(context):
            with WhileConnected(request.receive, at_once=self._operation.holds):
                await take_signs(context, request.headers)
                result = await operations.call(
                    context, self._operation.name, arguments, idempotency_key=once, strict=strict
                )
            await self._answer(request, context, result)

    async def _answer(self, request: Request, context: Context, result: Any) -> None:
        if isinstance(result, Attachment):
            await send_file(request, result)
        elif isinstance(result, Deferred):
            await request.answer(202, to_json(result.result, by_alias=True), JSON, NO_STORE)
        else:
            await request.answer(self._operation.status, encode(result), JSON, NO_STORE, *handed(context.reader))

    def _in_team(self, context: Context, arguments: dict[str, Any]) -> Context:
        """The context of the team that the field ``team`` names; a key names its team by itself."""
        name = arguments.pop("team", None)
        if name is None or name == context.team.name:
            return context
        if not isinstance(name, str):
            raise InvalidInput("team: must be the name of a team.")
        if context.actor is not ANONYMOUS:
            raise InvalidInput(f"team: your key is one of the team '{context.team.name}'; leave this field out.")
        return replace(context, team=self._server.team(name))


def encode(result: BaseModel) -> bytes:
    """A result as JSON."""
    return result.model_dump_json(by_alias=True).encode()


async def send_file(request: Request, file: Attachment) -> None:
    """Stream a file."""
    async with aclosing(file.open(0)) as parts:
        part = await anext(parts, b"")  # before anything is said: it may not be there
        await request.start(200, {**file.headers(), "Content-Length": str(file.file_size)})
        while request.scope["method"] != "HEAD" and part:
            await request.write(part)
            part = await anext(parts, b"")
        await request.end()


def _idempotency_key(value: bytes) -> str:
    if not IDEMPOTENCY_KEY.fullmatch(value):
        raise InvalidInput("Idempotency-Key: must have 1 to 128 printable ASCII characters and no spaces.")
    return value.decode("ascii")
