"""Files as answers to browsers, whole or the range that is asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

from quart import Request, Response
from quart.wrappers.response import ResponseBody
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from ..surfaces.attachments import Attachment


class AttachmentBody(ResponseBody):
    """The bytes of an attachment, which is opened when they are sent.

    Quart asks for a range by `make_conditional`, and then looks at ``begin`` and ``end``.
    """

    def __init__(self, file: Attachment) -> None:
        self._file = file
        self.begin, self.end = 0, file.file_size
        self._parts: AsyncGenerator[bytes, None] | None = None

    async def __aenter__(self) -> Self:
        self._parts = self._file.open(self.begin)
        return self

    async def __aexit__(self, exc_type: type, exc_value: BaseException, tb: TracebackType) -> None:
        if self._parts is not None:
            await self._parts.aclose()

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        assert self._parts is not None  # noqa: S101 - it was entered
        left = self.end - self.begin
        async for part in self._parts:
            if left <= 0:
                break
            yield part[:left]
            left -= len(part)

    async def make_conditional(self, begin: int, end: int | None) -> int:
        """Send only this range, or the last ones if ``begin`` is negative; how many bytes there are."""
        size = self._file.file_size
        self.begin = begin if begin >= 0 else max(0, size + begin)
        self.end = size if end is None else min(size, end)
        if self.begin >= self.end:
            raise RequestedRangeNotSatisfiable
        return size


async def send_attachment(file: Attachment, request: Request) -> Response:
    """The answer that is a file, under headers that keep its bytes from doing anything."""
    response = Response(AttachmentBody(file), mimetype=file.served_type)
    response.content_length = file.file_size
    if file.etag:
        response.set_etag(file.etag)
    await response.make_conditional(request, accept_ranges=True, complete_length=file.file_size)
    response.headers.update(file.headers())
    return response
