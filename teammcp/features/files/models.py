"""Public shapes of files and folders."""

from __future__ import annotations

import mimetypes
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from ...arguments.fields import Timestamp
from ...clock import rfc3339
from ...operations import Result
from ...surfaces.attachments import OCTETS
from ...text.invisible import strip
from ...text.untrusted import Author, Words, quote

NAME_BYTES = 200
"""UTF-8 bytes of a file's name; file systems take 255, and people's programs add to a name."""

# Fixed tables, the same on every machine, whatever the system's own say.
_TYPES = mimetypes.MimeTypes()
_TYPES.add_type("text/plain", ".log")
_TYPES.add_type("text/plain", ".ts")  # TypeScript here, not a transport stream
_TYPES.add_type("application/yaml", ".yaml")
_TYPES.add_type("application/yaml", ".yml")
_TYPES.add_type("application/toml", ".toml")
_TYPES.add_type("text/markdown", ".md")


def media_type(name: str, data: bytes) -> str:
    """The media type of a file, from its name; without a known one, from whether it is text."""
    known, coding = _TYPES.guess_type(name, strict=True)
    if coding is not None:  # report.txt.gz is no text
        return f"application/{coding}"
    if known is not None:
        return known
    return "text/plain" if _looks_like_text(data) else OCTETS


def _looks_like_text(data: bytes) -> bool:
    if b"\x00" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _visible(text: str) -> str:
    """Without control characters and whatever else nobody sees, which make names lie."""
    kept = (character for character in strip(text) if character not in "\t\r\n")
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _file_name(text: str) -> str:
    name = _visible(text.replace("\\", "/").rsplit("/", 1)[-1]).rstrip(". ")
    if not name:
        raise ValueError("must hold a name that is not just dots, spaces or a path")
    if len(name.encode()) > NAME_BYTES:
        raise ValueError(f"must not be longer than {NAME_BYTES} bytes in UTF-8")
    return name


def _folder_name(text: str) -> str:
    name = _visible(text)
    if not 1 <= len(name) <= 100 or not name.strip("."):
        raise ValueError("must have 1 to 100 characters and not be just dots")
    if "/" in name or "\\" in name:
        raise ValueError("must not contain / or \\; make a folder inside another with parent_id")
    return name


FileName = Annotated[str, Field(max_length=1000), AfterValidator(_file_name)]
"""A file's name; of a path only the last part is kept."""

FolderName = Annotated[str, AfterValidator(_folder_name)]

FileId = Annotated[int, Field(ge=1, lt=2**63)]

FileIds = Annotated[list[FileId], Field(max_length=20)]
"""The files a message carries."""


class FileMeta(Result):
    """What is known of a file, without its bytes."""

    file_id: int
    file_name: Words
    file_size: int = Field(description="Bytes")
    mime_type: str
    sha256: str
    created_at: Timestamp
    channel: str | None = Field(description="Whose readers may read it; null: its uploader alone")
    uploaded_by: Author
    folder_id: int | None

    def text(self) -> str:
        where = f" in {self.channel}" if self.channel else ""
        when = rfc3339(self.created_at)[:16]
        return (
            f"file {self.file_id} by {self.uploaded_by}{where}, {when}, {self.file_size} bytes: {quote(self.file_name)}"
        )


class FileRef(Result):
    """A file as the message that carries it shows it."""

    file_id: int
    file_name: Words
    file_size: int
    mime_type: str

    def text(self) -> str:
        return f"file {self.file_id} ({self.file_size} bytes): {quote(self.file_name)}"


class Folder(Result):
    """A folder of a channel's files."""

    id: int
    name: Words
    channel: str
    parent_id: int | None
    created_by: Author
    created_at: Timestamp

    def text(self) -> str:
        within = f" in folder {self.parent_id}" if self.parent_id else ""
        return f"folder {self.id} by {self.created_by}{within}: {quote(self.name)}"


class FileList(Result):
    """Files, newest first, and the folders beside them. ``next`` is the ``cursor`` of the following page."""

    files: list[FileMeta]
    folders: list[Folder]
    next: int | None

    def text(self) -> str:
        lines = [item.text() for item in [*self.folders, *self.files]] or ["no files"]
        return "\n".join(lines if self.next is None else [*lines, f"more with cursor={self.next}"])


class FolderList(Result):
    """All folders of a channel."""

    folders: list[Folder]

    def text(self) -> str:
        return "\n".join(folder.text() for folder in self.folders) or "no folders"


class DeletedFile(Result):
    """A file that is no more."""

    ok: bool = True
    file_id: int


class DeletedFolder(Result):
    """A folder that is no more, with those inside it. Their files are outside of any folder now."""

    ok: bool = True
    deleted_folders: int
    moved_files: int


class FilePreview(Result):
    """The beginning of a text file; ``preview`` is null if it is none."""

    file: FileMeta
    preview: Words | None
    truncated: bool
