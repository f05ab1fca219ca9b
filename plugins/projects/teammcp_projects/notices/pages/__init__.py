"""All pages of notices."""

from __future__ import annotations

from . import notices, relations

PAGES = [*notices.PAGES, *relations.PAGES]
