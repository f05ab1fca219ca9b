"""All pages of this plugin."""

from __future__ import annotations

from . import projects, questions

PAGES = [*projects.PAGES, *questions.PAGES]
