"""Pages of messages: a channel's stream with its side panel, one message, and the search."""

from __future__ import annotations

from . import composer, message, search, stream

PAGES = [*stream.PAGES, *composer.PAGES, *message.PAGES, *search.PAGES]
