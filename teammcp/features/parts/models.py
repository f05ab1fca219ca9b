"""Public shapes of parts of messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from ...arguments.fields import json_within
from ...operations import Result
from ...text.untrusted import OTHERS, Words, quote

MOST_PARTS = 10
"""Parts of one message."""
LARGEST = 128 * 1024
"""Bytes of all parts of one message, as JSON."""
DEEPEST = 8

Standing = Literal["verified", "differs", "unknown"]
"""What a check of a part has found: it is as it says, it is otherwise, or nobody can tell."""

PartNumber = Annotated[int, Field(ge=1, le=MOST_PARTS)]

MessageParts = Annotated[
    list[dict[str, Any]],
    Field(max_length=MOST_PARTS),
    AfterValidator(json_within(LARGEST, DEEPEST)),
    WithJsonSchema(
        {
            "type": "array",
            "maxItems": MOST_PARTS,
            "items": {"type": "object"},
            "description": "Each its kind, such as diff or snippet, and the fields of that: list_part_kinds",
        }
    ),
    OTHERS,
]
"""The parts that a message is sent with, as an argument: of each its kind and the fields of that."""


class PartShown(Result):
    """A part of a message, as it is told beside its text. ``whole``: the summary says all of it; else see get_part."""

    number: int
    kind: str
    summary: Words
    whole: bool
    standing: Standing | None = None
    """What a check has found; None if nobody looked."""
    note: Words = ""
    """What else the check says."""

    def line(self, read_with: str) -> str:
        """It for a model, to stand in a fence under its message; see `parts_text`."""
        found = f", {self.standing}" if self.standing else ""
        why = f" ({quote(self.note)})" if self.note else ""
        more = "" if self.whole or not read_with else f"\n  (whole: {read_with} number={self.number})"
        return f"  [part {self.number}, {self.kind}{found}]{why} {quote(self.summary)}{more}"


PartsTold = Annotated[list[PartShown], Field(exclude_if=lambda parts: not parts)]
"""What is told of parts, in a result; left out if there are none."""


def parts_text(message_id: int | None, parts: Iterable[PartShown], read_with: str = "get_part message_id") -> str:
    """What models are told of a message's parts, behind what it says; empty if there are none.

    Args:
        message_id: the message; None if one cannot be read whole.
        parts: what is told of its parts.
        read_with: the operation that reads one whole, and its argument for ``message_id``.
    """
    place = "" if message_id is None else f"{read_with}={message_id}"
    return "".join(f"\n{part.line(place)}" for part in parts)
