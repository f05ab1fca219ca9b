"""Pages of the inbox: what waits in all channels, what waits for an answer, and who has read a message."""

from __future__ import annotations

from . import inbox, unanswered

PAGES = [*inbox.PAGES, *unanswered.PAGES]
