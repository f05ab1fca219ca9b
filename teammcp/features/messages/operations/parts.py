"""Typed parts of messages: their kinds, one whole, and what a check of one has found."""

from __future__ import annotations

import json
from typing import Any

from ....errors import NotFound
from ....operations import Context, Result, operation
from ....storage import Transaction, Work
from ....text.untrusted import AnyWords, Author, Words, quote
from ...parts import PartNumber, PartShown, Standing, kinds_of, note_standing, part_of, shown_again
from .. import queries
from ..events import PartChecked
from ..models import MessageId
from ..visibility import living, still_there


class PartKind(Result):
    """A kind of parts that a message may have. ``fields`` is the JSON Schema of what is given beside ``kind``."""

    kind: str
    meaning: str
    fields: dict[str, Any]

    def text(self) -> str:
        return f"{self.kind}: {self.meaning}\n{json.dumps(self.fields, ensure_ascii=False)}"


class PartKindList(Result):
    """The kinds of parts that messages may have."""

    kinds: list[PartKind]

    def text(self) -> str:
        return "\n".join(kind.text() for kind in self.kinds) or "(no plugin brings any)"


class WholePart(Result):
    """A part of a message, whole: its fields as its sender gave them."""

    message_id: int
    number: int
    kind: str
    from_agent: Author
    standing: Standing | None
    note: Words
    content: dict[str, AnyWords]

    def text(self) -> str:
        found = f", {self.standing}" if self.standing else ""
        why = f" ({quote(self.note)})" if self.note else ""
        head = f"part {self.number} of message {self.message_id} by {self.from_agent}: {self.kind}{found}{why}"
        return "\n".join([head, *(f"  {name}: {quote(_plain(value))}" for name, value in self.content.items())])


class PartStanding(Result):
    """What is known of a part from now on; nothing has changed if it was known before."""

    message_id: int
    number: int
    standing: Standing


@operation("GET /api/message-parts", profile="messages", read_only=True)
async def list_part_kinds(context: Context) -> PartKindList:
    """List what the parts of a message may be, such as a diff, and the fields of each."""
    return PartKindList(
        kinds=[
            PartKind(kind=kind.part_kind, meaning=kind.meaning(), fields=kind.model_json_schema())
            for kind in kinds_of(context)
        ]
    )


@operation("GET /api/messages/{message_id}/parts/{number}", profile="messages", everyday=True, read_only=True)
async def get_part(context: Context, message_id: MessageId, number: PartNumber) -> WholePart:
    """Read a part of a message whole, such as a diff of which you were told the beginning."""
    row, _ = await living(context, message_id)
    stored, told = await context.read(part_of, message_id, number), _told(row["parts"], number)
    if stored is None or told is None:
        raise NotFound(f"number: message {message_id} has no part {number}.", code="part_not_found")
    return WholePart(
        message_id=message_id,
        number=number,
        kind=stored.kind,
        from_agent=row["sender"],
        standing=told.standing,
        note=told.note,
        content=stored.content,
    )


@operation(internal=True, profile="messages")
async def note_part_standing(
    context: Context, message_id: MessageId, number: PartNumber, standing: Standing, note: str = ""
) -> Work[PartStanding]:
    """Note what a check of a part has found, of a message in whatever channel."""

    def work(tx: Transaction) -> PartStanding:
        row = still_there(tx, message_id)
        kept, channel = row["parts"], row["channel_id"]
        told = _told(kept, number)
        if told is not None and (told.standing, told.note) != (standing, note):
            queries.set_parts(tx, message_id, note_standing(kept, number, standing, note))
            found = PartChecked(message_id=message_id, channel_id=channel, number=number, standing=standing, note=note)
            context.emit(tx, found, message_id, channel=channel)
        return PartStanding(message_id=message_id, number=number, standing=standing)

    return work


def _told(kept: str | None, number: int) -> PartShown | None:
    return next((part for part in shown_again(kept) if part.number == number), None)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
