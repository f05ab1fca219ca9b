"""Public documents: OpenAPI, and a page that shows the API to people."""

from __future__ import annotations

from functools import cached_property, partial
from importlib.resources import files

import jinja2
from pydantic_core import to_json

from ..http.asgi import JSON
from ..server import Server
from . import openapi
from .request import Endpoint, Request, Routes

HTML = b"text/html; charset=utf-8"
PAGE_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


def routes(server: Server) -> Routes:
    """The endpoints of the documents."""
    documents = Documents(server)
    endpoints: dict[str, Endpoint] = {
        "/api/openapi.json": documents.openapi,
        "/api/docs": documents.page,
        "/api/docs.css": partial(documents.style, files(__package__).joinpath("static/docs.css").read_bytes()),
    }
    return {(method, path): endpoint for path, endpoint in endpoints.items() for method in ("GET", "HEAD")}


class Documents:
    """The documents of one server; made when first asked for, since start-up need not wait for them."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @cached_property
    def _openapi(self) -> openapi.Schema:
        return openapi.document(self._server)

    @cached_property
    def _page(self) -> bytes:
        loader = jinja2.PackageLoader(__package__)
        template = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        return template.get_template("docs.html").render(api=self._openapi, resolve=self._resolve).encode()

    def _resolve(self, schema: openapi.Schema) -> openapi.Schema:
        """What a schema refers to."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._openapi["components"]["schemas"][name] if name else schema

    async def openapi(self, request: Request) -> None:
        """The OpenAPI document."""
        await request.answer(200, to_json(self._openapi), JSON)

    async def page(self, request: Request) -> None:
        """The same, for people."""
        await request.answer(200, self._page, HTML, *PAGE_HEADERS)

    async def style(self, css: bytes, request: Request) -> None:
        """The page's style sheet."""
        await request.answer(200, css, b"text/css; charset=utf-8", (b"cache-control", b"max-age=3600"))
