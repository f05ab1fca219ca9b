"""The pages of the launcher."""

from __future__ import annotations

from teammcp.web import Page

PAGES: list[Page] = []
