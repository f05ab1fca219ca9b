"""Bytes that come in and files that go out: how operations name them, whatever surface carries them.

An operation takes bytes as `Content` and answers with an `Attachment`. REST and pages take multipart uploads
and stream an attachment's bytes; JSON surfaces (MCP) write bytes as base64 and get it inside the answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from contextlib import aclosing
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import quote

from pydantic import BeforeValidator, Field, PlainSerializer, SerializationInfo, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from ..errors import TooLarge
from ..operations import Result
from ..storage.files import Opener
from ..text.untrusted import QUOTE, Words
from ..text.untrusted import quote as quote_words

INLINE_LIMIT = 1024 * 1024
"""Bytes of a file that fit into a JSON answer; more would only flood the reader's context."""

OCTETS = "application/octet-stream"
# What a browser may show without running anything. SVG and HTML are left out because they can hold scripts.
_PASSIVE = {f"image/{kind}" for kind in ("avif", "bmp", "gif", "jpeg", "png", "webp")} | {"application/pdf"}
_TEXTUAL = {
    "application/javascript",
    "application/json",
    "application/sql",
    "application/toml",
    "application/x-sh",
    "application/xml",
    "application/yaml",
    "image/svg+xml",
}


def _decode(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    compact = "".join(value.split()) if any(space in value for space in "\r\n\t ") else value
    try:
        return binascii.a2b_base64(compact, strict_mode=True)
    except ValueError:
        raise ValueError("must be base64 text (standard alphabet, with padding)") from None


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _serialise(value: bytes, info: SerializationInfo) -> str:
    """Base64; where only sameness counts, a hash, which takes a tenth of the time and lets other threads run."""
    wanted = info.context or {}
    return hashlib.sha256(value).hexdigest() if wanted.get("fingerprint") else _encode(value)


Content = Annotated[
    bytes,
    BeforeValidator(_decode),
    PlainSerializer(_serialise, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
"""Bytes: base64 text in JSON, taken as they are from a multipart upload."""


def holds_bytes(annotation: Any) -> bool:
    """Whether an argument of this type is bytes, which may be left out."""
    return annotation is bytes or any(map(holds_bytes, get_args(annotation)))


def is_text(mime_type: str) -> bool:
    """Whether a media type stands for something people read as text."""
    return mime_type.startswith("text/") or mime_type in _TEXTUAL or mime_type.endswith(("+json", "+xml"))


def _as_text(data: bytes) -> str | None:
    """None if it is in another encoding: then only the bytes are faithful."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


class Attachment(Result):
    """A result that is a file.

    Three of its fields are for the surface that hands it over, and in no answer. ``open`` gives the bytes from a given
    one on, in parts; ``file_chunks(path)`` does so for a file on the disk. ``etag`` stays the same as long as they do;
    without it nobody may keep them. ``origin`` says in a few words whose it is and from where, as in "file 3 by ada in
    general".
    """

    file_name: Words
    mime_type: str
    file_size: int = Field(description="Bytes")
    open: SkipJsonSchema[Opener] = Field(exclude=True, repr=False)
    encoding: Literal["utf-8", "base64"] | None = Field(None, description="How `content` is written")
    content: Words | None = Field(None, description="The file's text, or its bytes as base64")
    origin: SkipJsonSchema[str] = Field("", exclude=True, repr=False)
    etag: SkipJsonSchema[str] = Field("", exclude=True, repr=False)

    def text(self) -> str:
        """What it is and, if it is a text file, its text."""
        head = f"{self.origin or 'file'} ({self.mime_type}, {self.file_size} bytes): {quote_words(self.file_name)}"
        if self.encoding != "utf-8" or self.content is None:
            return head
        return f"{head}\n{QUOTE}{quote_words(self.content)}"

    async def read(self) -> bytes:
        """All its bytes."""
        async with aclosing(self.open(0)) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def inlined(self) -> Self:
        """A copy with the file's content in it, for surfaces that carry JSON only.

        Raises:
            TooLarge: the file is larger than `INLINE_LIMIT`.
        """
        if self.file_size > INLINE_LIMIT:
            raise TooLarge(
                f"{self.file_name} has {self.file_size} bytes; at most {INLINE_LIMIT} fit into an answer. "
                "Download it over REST instead.",
                limit=INLINE_LIMIT,
            )
        data = await self.read()
        text = _as_text(data) if is_text(self.mime_type) else None
        if text is None:
            return self.model_copy(update={"encoding": "base64", "content": _encode(data)})
        return self.model_copy(update={"encoding": "utf-8", "content": text})

    @property
    def served_type(self) -> str:
        """The media type to send to browsers: none that a page could run as a script, style or document."""
        if self.mime_type in _PASSIVE or self.mime_type.startswith(("audio/", "video/")):
            return self.mime_type
        return "text/plain; charset=utf-8" if is_text(self.mime_type) else OCTETS

    def headers(self) -> dict[str, str]:
        """The HTTP headers under which these bytes are safe, whatever is in them."""
        plain = re.sub(r'[^ -~]|["%\\]', "_", self.file_name)
        exact = quote(self.file_name, safe="")
        return {
            "Content-Type": self.served_type,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-cache",
        }
