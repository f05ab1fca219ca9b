"""The pages of tasks and goals, and what tasks show at messages."""

from __future__ import annotations

from ....web import Page
from . import board, forms, goals, lists, task

PAGES: list[Page] = board.PAGES + lists.PAGES + forms.PAGES + task.PAGES + goals.PAGES
