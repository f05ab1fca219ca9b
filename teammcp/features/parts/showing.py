"""Parts of messages as pages draw them: each by the template of its kind.

What draws pages is imported where it is used, for whoever only sends messages needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...operations import Context
from .keeping import StoredPart, parts_of
from .kinds import kinds_of
from .models import PartShown

if TYPE_CHECKING:
    from ...web.panels import Drawing, Piece

HOOK = "register_message_parts"


async def draw_parts(
    context: Context, told: Mapping[int, Sequence[PartShown]], *, whole: bool = False
) -> dict[int, list[Drawing]]:
    """Parts of messages as pages show them, by message: for ``{% include "parts/parts.html" %}``.

    Args:
        context: who looks.
        told: by message, what is told of the parts that are shown. Whoever calls it answers for it that the reader
            may see them.
        whole: with all that there is of them, on a page of their own.
    """
    stored = await context.read(parts_of, [message_id for message_id, shown in told.items() if shown])
    found = [
        (message_id, _Seen(part, shown, f"/messages/{message_id}/parts/{part.number}"))
        for message_id, parts in stored.items()
        for part in parts
        for shown in told[message_id]
        if shown.number == part.number
    ]
    drawn: dict[int, list[Drawing]] = {message_id: [] for message_id in told}
    drawings = await _draw(context, [seen for _, seen in found], whole=whole)
    for (message_id, _), drawing in zip(found, drawings, strict=True):
        drawn[message_id].append(drawing)
    return drawn


async def draw_stored_parts(
    context: Context, parts: Sequence[tuple[StoredPart, PartShown]], path: str, *, whole: bool = False
) -> list[Drawing]:
    """Parts that are kept apart from a message as pages show them, in order.

    Args:
        context: who looks.
        parts: each as it was given, and what is told of it.
        path: the address below which each has a page of its own, by its number.
        whole: with all that there is of them, as on that page.
    """
    seen = [_Seen(stored, shown, f"{path}/{stored.number}") for stored, shown in parts]
    return await _draw(context, seen, whole=whole)


@dataclass(frozen=True)
class _Seen:
    """A part that is to be drawn.

    Attributes:
        stored: all of it.
        shown: what is told of it.
        path: its own page.
    """

    stored: StoredPart
    shown: PartShown
    path: str


async def _draw(context: Context, parts: Sequence[_Seen], *, whole: bool) -> list[Drawing]:
    """Each by the template of its kind; one that fails in plain text."""
    from markupsafe import Markup

    from ...web.panels import Drawing, draw_pieces

    pieces = [_piece(context, part, whole=whole) for part in parts]
    drawn = await draw_pieces(context, HOOK, pieces)
    failed = [_plain(part, whole=whole) for part, drawing in zip(parts, drawn, strict=True) if drawing is None]
    instead = iter(await draw_pieces(context, HOOK, failed))
    return [drawing or next(instead) or Drawing("", Markup()) for drawing in drawn]


def _piece(context: Context, seen: _Seen, *, whole: bool) -> Piece:
    """A part by the template of its kind, or in plain text if there is none."""
    from ...web.pages import package_of
    from ...web.panels import Piece

    kinds = kinds_of(context)
    kind = kinds.get(seen.stored.kind)
    if kind is None or not kind.part_template:
        return _plain(seen, whole=whole)
    try:
        part = kind.model_validate(seen.stored.content)
    except ValidationError:  # it is of an older version of the plugin
        return _plain(seen, whole=whole)
    values = {"part": part, **_values(seen, whole=whole)}
    return Piece(kinds.plugin_of(seen.stored.kind), package_of(kind.__module__), kind.part_template, values)


def _plain(seen: _Seen, *, whole: bool) -> Piece:
    from ...web.panels import Piece

    return Piece("parts", __package__ or "", "parts/plain.html", _values(seen, whole=whole))


def _values(seen: _Seen, *, whole: bool) -> dict[str, Any]:
    return {"stored": seen.stored, "shown": seen.shown, "path": seen.path, "whole": whole}
