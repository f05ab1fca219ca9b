"""`Route` and `WebSocketRoute`: paths that a plugin answers by itself, from the hook ``register_routes``.

Operations are for members, pages for people. What comes from elsewhere comes here: the webhook of another service,
signed over its raw body; a file for a stranger with the right link; the WebSocket behind a page.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic_core import to_json
from werkzeug.datastructures import Headers, MultiDict

from ..errors import InvalidInput, NotFound
from ..http.asgi import Scope, bearer
from ..http.callers import address
from ..http.query import parse_query
from ..members.directory import SYSTEM, Access, Agent
from ..operations import Context, enter
from ..server import Server
from ..text.wellformed import TooDeep, read_json

BODY = 1024 * 1024
"""Bytes of a body, unless a route says otherwise."""
MESSAGE = 64 * 1024
"""Bytes or characters of a message that a client may send by a WebSocket, unless a route says otherwise."""

View: TypeAlias = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """A path whose requests a plugin answers by itself, raw. Contribute it with the hook ``register_routes``.

    The view is ``async view(request, **names)``: a `RawRequest`, and the texts that the path's placeholders stand for.
    It returns a `RawResponse`, or what makes one: a text, bytes, a pydantic model, a dict or a list (sent as JSON), or
    None (status 204). A `TeamError` that it raises is answered as a problem document. Any other exception is answered
    so, too, with status 500 and the request's id, and counted against the plugin.

    Nobody is authenticated before, and no CSRF token is looked for. What has been checked is that the request names
    this server as its host, comes from no page of another site if it may change anything, and that its address has
    not sent too many.

    Attributes:
        path: behind ``/hooks/<plugin>``, as in ``"/github/{secret}"``. No log shows what a placeholder stands for.
        view: see above.
        methods: the HTTP methods it answers; with GET, HEAD as well.
        max_body: bytes of the largest body. A larger one is refused with status 413.
    """

    path: str
    view: View
    methods: tuple[str, ...] = ("POST",)
    max_body: int = BODY


@dataclass(frozen=True)
class WebSocketRoute:
    """A path at which a plugin talks by WebSocket. Contribute it with the hook ``register_routes``.

    The view is ``async view(socket, **names)``: a `WebSocket`, and the texts that the path's placeholders stand for. It
    is over when the view returns. When the client goes away, the server stops, or the member's key is replaced,
    ``receive()`` raises `WebSocketClosed`, and a second later at most the view is cancelled: end in ``finally`` what
    you have begun. A `TeamError` that is raised before ``accept()`` is answered as a problem document.

    Attributes:
        path: see `Route`.
        view: see above.
        access: the least access level of the member whose browser (by its session) or program (by its key) connects:
            ``socket.context`` is the member's. None lets everybody connect: then the view itself has to find out who it
            is, before it does anything.
        max_message: bytes or characters of the largest message that the client may send; at most 1 MiB.
    """

    path: str
    view: View
    access: Access | None = Access.member
    max_message: int = MESSAGE


class RequestHead:
    """What stands at the head of a request, of one that opens a WebSocket as well."""

    scope: Scope

    @property
    def path(self) -> str:
        """The whole path, decoded. It may hold a secret: write it into no log."""
        path: str = self.scope["path"]
        return path

    @property
    def address(self) -> str:
        """The caller's network address; ``proxy`` if a proxy hides it that is not trusted."""
        return address(self.scope)

    @cached_property
    def headers(self) -> Headers:
        """The headers; upper and lower case are the same."""
        return Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"]])

    @property
    def bearer(self) -> str | None:
        """The key in the header ``Authorization``, or None. It is a secret."""
        return bearer(self.headers.get("authorization", "").encode("latin-1"))

    @cached_property
    def query(self) -> MultiDict[str, str]:
        """The fields of the query.

        Raises:
            InvalidInput: it is not percent-encoded UTF-8, or absurdly long.
        """
        return MultiDict(parse_query(self.scope["query_string"]))


@dataclass(frozen=True)
class RawRequest(RequestHead):
    """A request as it came.

    Attributes:
        server: all teams: ``request.context("default")`` is the way into one of them.
        scope: the request's ASGI scope.
        body: the bytes as they were sent, for a signature over them.
    """

    server: Server
    scope: Scope
    body: bytes = b""

    @property
    def method(self) -> str:
        """Such as ``POST``."""
        method: str = self.scope["method"]
        return method

    def text(self) -> str:
        """The body as text.

        Raises:
            InvalidInput: it is not UTF-8.
        """
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise InvalidInput("body: must be UTF-8.", code="invalid_text") from None

    def json(self) -> Any:
        """The value that the body holds as JSON.

        Raises:
            InvalidInput: it is not JSON, or nested too deep.
        """
        try:
            return read_json(self.body)
        except TooDeep as error:
            raise InvalidInput(f"body: {error}.", code="invalid_json") from None
        except ValueError as error:
            raise InvalidInput(f"body: not valid JSON: {error}.", code="invalid_json") from None

    def authenticate(self) -> Context:
        """The context of the member whose key is in the header ``Authorization``, as the REST surface has it.

        Raises:
            Unauthorized: there is none, or it is not valid. RateLimited: the member calls too often.
        """
        return enter(self.server, self.bearer, "rest", self.address)

    def context(self, team: str, agent: str | None = None) -> Context:
        """A context in which operations are called once the view knows that the request may do so.

        Args:
            team: the team's name.
            agent: the member in whose name they are called; the server itself by default.

        Raises:
            NotFound: there is no such team, or no such member.
        """
        return context_of(self.server, team, agent, self.address)


@dataclass(frozen=True)
class RawResponse:
    """What a route's view answers.

    Attributes:
        body: a text, bytes, or an async generator of bytes, which are sent as they come: it is closed when the client
            goes away or the server stops.
        status: the HTTP status.
        content_type: what the body is.
        headers: more headers. Unless they say otherwise, nothing is cached, and HTML may load and run nothing.
    """

    body: str | bytes | AsyncGenerator[bytes, None] = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def response_of(result: Any) -> RawResponse:
    """What a view has returned, as a response.

    Raises:
        TypeError: it is nothing that can be sent.
    """
    if isinstance(result, RawResponse):
        return result
    if result is None:
        return RawResponse(status=204)
    if isinstance(result, str):
        return RawResponse(result)
    if isinstance(result, bytes):
        return RawResponse(result, content_type="application/octet-stream")
    if isinstance(result, BaseModel | dict | list):
        return RawResponse(to_json(result), content_type="application/json")
    raise TypeError(f"a route's view returned {type(result).__name__} instead of a RawResponse")


def context_of(server: Server, team: str, agent: str | None, caller: str) -> Context:
    """See `RawRequest.context`."""
    found = server.team(team)
    actor: Agent | None = SYSTEM if agent is None else found.directory.agents.get(agent)
    if actor is None or actor.retired:
        raise NotFound(f"There is no member called '{agent}'.", code="agent_not_found")
    return Context(server, found, actor, "plugin", caller)
