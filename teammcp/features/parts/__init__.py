"""Typed parts of messages, such as a diff: their kinds, which plugins bring, and what is kept of them."""

from __future__ import annotations

from .keeping import StoredPart, as_json, attach, detach, note_standing, part_of, parts_of, shown, shown_again
from .kinds import MessagePart, check_parts, kinds_of
from .models import MessageParts, PartNumber, PartShown, Standing, parts_text
from .showing import draw_parts

__all__ = [
    "MessagePart",
    "MessageParts",
    "PartNumber",
    "PartShown",
    "Standing",
    "StoredPart",
    "as_json",
    "attach",
    "check_parts",
    "detach",
    "draw_parts",
    "kinds_of",
    "note_standing",
    "part_of",
    "parts_of",
    "parts_text",
    "shown",
    "shown_again",
]
