"""What is kept of parts: each whole, and what is told of it beside its message's text."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...storage import Reader, Row, Transaction
from ...text.excerpts import excerpt
from . import queries
from .kinds import MessagePart
from .models import LARGEST, PartShown, Standing

TOLD = 2000
"""Characters that are told of all parts of a message together."""


@dataclass(frozen=True)
class StoredPart:
    """A part of a message as it was sent."""

    number: int
    kind: str
    content: dict[str, Any]
    """Its fields, as JSON."""


def attach(tx: Transaction, message_id: int, parts: Sequence[MessagePart]) -> None:
    """Keep the parts of a new message, whole."""
    for number, part in enumerate(parts, 1):
        content = json.dumps(part.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
        queries.insert(tx, message_id, number, part.part_kind, content)


def shown(parts: Sequence[MessagePart]) -> list[PartShown]:
    """What is told of parts beside a message's text. Long ones share what short ones leave."""
    room = _room([len(part.text(TOLD)) for part in parts])
    return [_shown(number, part, room) for number, part in enumerate(parts, 1)]


def _room(lengths: Sequence[int]) -> int:
    """How many characters each part may have, so that all have `TOLD` together."""
    left = TOLD
    for place, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - place)
        if length > share:
            return share
        left -= length
    return TOLD


def _shown(number: int, part: MessagePart, room: int) -> PartShown:
    text = excerpt(part.text(room), room)
    return PartShown(number=number, kind=part.part_kind, summary=text, whole=text == part.text(LARGEST))


def as_json(parts: Iterable[PartShown]) -> str | None:
    """What is told of parts as it is kept with the message; None of none."""
    found = [part.model_dump(mode="json", exclude_defaults=True) for part in parts]
    return json.dumps(found, ensure_ascii=False) if found else None


def shown_again(kept: str | None) -> list[PartShown]:
    """What is told of parts, from how it is kept."""
    return [] if kept is None else [PartShown.model_validate(part) for part in json.loads(kept)]


def note_standing(kept: str | None, number: int, standing: Standing, note: str) -> str | None:
    """What is told of parts, once a check of one has found something."""
    parts = shown_again(kept)
    return as_json(
        part.model_copy(update={"standing": standing, "note": note}) if part.number == number else part
        for part in parts
    )


def part_of(reader: Reader, message_id: int, number: int) -> StoredPart | None:
    """One part of a message, whole."""
    row = queries.part(reader, message_id, number)
    return None if row is None else _stored(row)


def parts_of(reader: Reader, message_ids: Sequence[int]) -> dict[int, list[StoredPart]]:
    """The parts of messages, whole and in order; messages without any are left out."""
    found: dict[int, list[StoredPart]] = defaultdict(list)
    for row in queries.parts(reader, message_ids):
        found[row["message_id"]].append(_stored(row))
    return dict(found)


def messages_with_parts(reader: Reader, after: int, limit: int) -> list[int]:
    """The first messages behind one that have parts: their ids, in order."""
    return [row["message_id"] for row in queries.messages(reader, after, limit)]


def detach(tx: Transaction, message_id: int) -> None:
    """Remove the parts of a message that is deleted."""
    queries.remove(tx, message_id)


def _stored(row: Row) -> StoredPart:
    return StoredPart(row["number"], row["kind"], json.loads(row["content"]))
