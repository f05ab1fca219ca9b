"""All pages of this plugin."""

from __future__ import annotations

from ..notices import pages as notices
from . import conversations, listing, map, projects, questions

PAGES = [*projects.PAGES, *questions.PAGES, *conversations.PAGES, *listing.PAGES, *map.PAGES, *notices.PAGES]
