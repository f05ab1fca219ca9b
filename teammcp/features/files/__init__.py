"""Files of a channel: uploaded by its members, kept by content, ordered in folders, carried by messages."""

from __future__ import annotations

from .links import attach, detach, files_of, only_with
from .models import FileId, FileIds, FileRef

__all__ = [
    "FileId",
    "FileIds",
    "FileRef",
    "attach",
    "detach",
    "files_of",
    "only_with",
]
