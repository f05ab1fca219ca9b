"""Parts that are sent later, or are no message's: kept beside what they belong to, as their sender gave them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from teammcp import Context, MessageParts, PartShown, StoredPart, check_parts, json_text, shown_parts

_MESSAGE: TypeAdapter[list[dict[str, Any]]] = TypeAdapter(MessageParts)


class Kept(NamedTuple):
    """Parts as a row keeps them, JSON; None of none.

    Attributes:
        given: the parts as their sender gave them.
        told: what is told of each.
    """

    given: str | None
    told: str | None


NOTHING = Kept(None, None)


def as_kept(context: Context, parts: MessageParts, after: int = 0) -> Kept:
    """Parts as a row keeps them.

    Args:
        context: of the call.
        parts: as they are given.
        after: how many stand before them, if they go on from others.

    Raises:
        InvalidInput: one is not as its kind says.
    """
    if not parts:
        return NOTHING
    read = check_parts(context, parts)
    told = [each.model_copy(update={"number": each.number + after}) for each in shown_parts(read)]
    return Kept(
        json_text([part.given() for part in read]),
        json_text([each.model_dump(mode="json", exclude_defaults=True) for each in told]),
    )


def given_again(kept: str | None) -> list[dict[str, Any]]:
    """The same, as the argument of send_message."""
    return [] if kept is None else json.loads(kept)


def told_again(kept: str | None) -> list[PartShown]:
    """What is told of them."""
    return [] if kept is None else [PartShown.model_validate(each) for each in json.loads(kept)]


def stored(given: Iterable[dict[str, Any]]) -> list[StoredPart]:
    """Parts as they were given, each with its number."""
    return [
        StoredPart(number, part["kind"], {name: value for name, value in part.items() if name != "kind"})
        for number, part in enumerate(given, 1)
    ]


def of_messages(parts: Sequence[StoredPart]) -> list[dict[str, Any]]:
    """Parts of a message as they were given."""
    return [{"kind": part.kind, **part.content} for part in parts]


def fitting(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of these parts for which a message has room."""
    for count in range(len(parts), 0, -1):
        try:
            return _MESSAGE.validate_python(parts[:count])
        except ValidationError:
            continue
    return []
