"""All pages of this plugin."""

from __future__ import annotations

from ..notices import pages as notices
from . import projects, questions

PAGES = [*projects.PAGES, *questions.PAGES, *notices.PAGES]
