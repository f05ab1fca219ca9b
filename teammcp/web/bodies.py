"""Bodies of forms, within a budget that is known before anything of them is read.

Quart reads whatever comes while its view is still finding out who sent it, up to one limit for all pages, and parses it
in the event loop. Here a body waits until the shell has said how much this sender may send to this page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable
from typing import Any
from urllib.parse import parse_qsl

from hypercorn.typing import ASGIReceiveCallable
from quart import Request
from quart.asgi import ASGIHTTPConnection
from quart.formparser import FormDataParser
from quart.wrappers.request import Body
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from ..http.asgi import STRANGERS_BODY, Message

FIELDS = 1000
LARGE = 64 * 1024
"""Bytes of a form that is not parsed in the event loop, where everybody else would wait."""
MULTIPART = "multipart/form-data"

Form = MultiDict[str, Any]


class FormBody(Body):
    """A body that takes nothing in before `admit` has said how much may come, and counts what comes."""

    def __init__(self, expected: int | None, _limit: int | None) -> None:
        super().__init__(None, None)
        self._expected = expected or 0
        self._limit = self._taken = 0
        self.admitted, self.refused = asyncio.Event(), asyncio.Event()

    def admit(self, limit: int) -> None:
        """Let up to ``limit`` bytes come."""
        self._limit = limit
        self.admitted.set()
        if self._expected > limit:
            self._refuse()

    def append(self, data: bytes) -> None:
        self._taken += len(data)
        if self._taken > self._limit:
            self._refuse()
        else:
            super().append(data)

    def _refuse(self) -> None:
        self._must_raise = RequestEntityTooLarge()
        self.refused.set()
        self.clear()
        self.set_complete()

    def _admit_a_little(self) -> None:
        """For a view that asks for a body of which nobody has said how large it may be."""
        if not self.admitted.is_set():
            self.admit(STRANGERS_BODY)

    def __await__(self) -> Generator[Any, None, Any]:
        self._admit_a_little()
        return super().__await__()

    async def __anext__(self) -> bytes:
        self._admit_a_little()
        return await super().__anext__()


class FormParser(FormDataParser):
    """Takes forms of a limited number of fields; a form with files only where the page takes some."""

    uploads = False

    async def parse(
        self, body: Body, mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[Form, Form]:
        if mimetype == MULTIPART and not self.uploads:
            return MultiDict(), MultiDict()
        if mimetype == "application/x-www-form-urlencoded":
            return await _fields(await body), MultiDict()
        form, files = await super().parse(body, mimetype, content_length, options)
        return _as_typed(form.items(multi=True)), files


async def _fields(data: bytes) -> Form:
    if data.count(b"&") >= FIELDS:
        raise RequestEntityTooLarge
    if len(data) <= LARGE:
        return _parsed(data)
    return await asyncio.to_thread(_parsed, data)


def _parsed(data: bytes) -> Form:
    return _as_typed(parse_qsl(data.decode(errors="replace"), keep_blank_values=True))


def _as_typed(fields: Iterable[tuple[str, str]]) -> Form:
    """A form with the line ends that were typed: every browser sends CR LF for them, whatever the page was given."""
    return MultiDict((name, text.replace("\r\n", "\n")) for name, text in fields)


class FormRequest(Request):
    """A request whose body waits to be admitted."""

    body_class = FormBody  # type: ignore[assignment]
    form_data_parser_class = FormParser
    body: FormBody
    _uploads = False

    def admit(self, limit: int, *, uploads: bool = False) -> None:
        """Let a body of up to ``limit`` bytes come, with files in it if the page takes ``uploads``."""
        self._uploads = uploads
        self.body.admit(limit)

    def make_form_data_parser(self) -> FormDataParser:
        """The parser of a form, which keeps to the limits of the page."""
        parser = super().make_form_data_parser()
        assert isinstance(parser, FormParser)  # noqa: S101 - the class above
        parser.uploads = self._uploads
        return parser


class FormConnection(ASGIHTTPConnection):
    """A connection from which nothing is taken before the request's body is admitted, nor once it is too large."""

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        """Take the request's body, once it is admitted."""
        body = request.body
        assert isinstance(body, FormBody)  # noqa: S101 - the application's class
        await body.admitted.wait()
        while not body.refused.is_set():
            message: Message = await receive()  # type: ignore[assignment]
            if message["type"] == "http.disconnect":
                return
            body.append(message.get("body", b""))
            if not message.get("more_body", False):
                body.set_complete()
        await asyncio.Future()  # until the answer is on its way
