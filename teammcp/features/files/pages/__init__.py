"""Pages of files: a channel's files and folders, one file with a preview, and the bytes themselves."""

from __future__ import annotations

from . import files, folders

PAGES = [*folders.PAGES, *files.PAGES]
