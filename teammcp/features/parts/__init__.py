"""Typed parts of messages, such as a diff: their kinds, which plugins bring, and what is kept of them."""

from __future__ import annotations

from .keeping import (
    StoredPart,
    as_json,
    attach,
    detach,
    messages_with_parts,
    note_standing,
    part_of,
    parts_of,
    shown,
    shown_again,
)
from .kinds import MessagePart, check_parts, kinds_of
from .models import MessageParts, PartNumber, PartShown, PartsTold, Standing, parts_text
from .showing import draw_parts, draw_stored_parts

__all__ = [
    "MessagePart",
    "MessageParts",
    "PartNumber",
    "PartShown",
    "PartsTold",
    "Standing",
    "StoredPart",
    "as_json",
    "attach",
    "check_parts",
    "detach",
    "draw_parts",
    "draw_stored_parts",
    "kinds_of",
    "messages_with_parts",
    "note_standing",
    "part_of",
    "parts_of",
    "parts_text",
    "shown",
    "shown_again",
]
