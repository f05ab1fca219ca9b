"""The kinds of events that files appends."""

from __future__ import annotations

EVENT_KINDS = {
    "file.uploaded": "a file was uploaded",
    "file.moved": "a file was put into another folder",
    "file.deleted": "a file was deleted",
    "folder.created": "a folder was created",
    "folder.renamed": "a folder got another name",
    "folder.deleted": "a folder was deleted; its files stay",
}
