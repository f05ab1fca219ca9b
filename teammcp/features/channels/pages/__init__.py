"""Pages of channels: the list beside every stream, new channels and direct messages, members."""

from __future__ import annotations

from . import channels, members

PAGES = [*channels.PAGES, *members.PAGES]
