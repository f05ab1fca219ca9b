"""The page of schedules."""

from __future__ import annotations

from ...web import Page

PAGES: list[Page] = []
