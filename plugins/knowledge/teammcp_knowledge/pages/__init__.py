"""All pages of this plugin."""

from __future__ import annotations

from . import findings, gaps, memory

PAGES = [*findings.PAGES, *gaps.PAGES, *memory.PAGES]
