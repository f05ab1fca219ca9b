"""The pages of the audit: the change log, reports, seals."""

from __future__ import annotations

from . import changelog, reports, seals

PAGES = [*changelog.PAGES, *reports.PAGES, *seals.PAGES]
