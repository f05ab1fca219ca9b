"""All pages of this plugin."""

from __future__ import annotations

from . import findings as finding_pages
from . import gaps as gap_pages
from . import memory as memory_pages

PAGES = [*finding_pages.PAGES, *gap_pages.PAGES, *memory_pages.PAGES]
