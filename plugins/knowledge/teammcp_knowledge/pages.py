"""All pages of this plugin."""

from __future__ import annotations

from . import finding_pages, gap_pages, memory_pages

PAGES = [*finding_pages.PAGES, *gap_pages.PAGES, *memory_pages.PAGES]
