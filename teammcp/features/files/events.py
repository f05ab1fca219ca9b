"""What events of files and folders say."""

from __future__ import annotations

from ...events import EventData
from .models import FileMeta, Folder


class FileUploaded(EventData, FileMeta, kind="file.uploaded"):
    """A file was uploaded."""


class FileMoved(EventData, FileMeta, kind="file.moved"):
    """A file was put into another folder."""


class FileDeleted(EventData, FileMeta, kind="file.deleted"):
    """A file was deleted."""


class FolderCreated(EventData, Folder, kind="folder.created"):
    """A folder was created."""


class FolderRenamed(EventData, Folder, kind="folder.renamed"):
    """A folder got another name."""


class FolderDeleted(EventData, Folder, kind="folder.deleted"):
    """A folder was deleted; its files stay."""


FileEvent = type[FileUploaded | FileMoved | FileDeleted]
FolderEvent = type[FolderCreated | FolderRenamed | FolderDeleted]

EVENT_KINDS = (FileUploaded, FileMoved, FileDeleted, FolderCreated, FolderRenamed, FolderDeleted)
