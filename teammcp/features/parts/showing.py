"""Parts of messages as pages draw them: each by the template of its kind.

What draws pages is imported where it is used, for whoever only sends messages needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        (message_id, part, shown)
        for message_id, parts in stored.items()
        for part in parts
        for shown in told[message_id]
        if shown.number == part.number
    ]
    drawn: dict[int, list[Drawing]] = {message_id: [] for message_id in told}
    for (message_id, *_), drawing in zip(found, await _draw(context, found, whole=whole), strict=True):
        drawn[message_id].append(drawing)
    return drawn


async def _draw(context: Context, parts: Sequence[tuple[int, StoredPart, PartShown]], *, whole: bool) -> list[Drawing]:
    """Each by the template of its kind; one that fails in plain text."""
    from markupsafe import Markup

    from ...web.panels import Drawing, draw_pieces

    pieces = [_piece(context, *part, whole=whole) for part in parts]
    drawn = await draw_pieces(context, HOOK, pieces)
    failed = [_plain(*part, whole=whole) for part, drawing in zip(parts, drawn, strict=True) if drawing is None]
    instead = iter(await draw_pieces(context, HOOK, failed))
    return [drawing or next(instead) or Drawing("", Markup()) for drawing in drawn]


def _piece(context: Context, message_id: int, stored: StoredPart, shown: PartShown, *, whole: bool) -> Piece:
    """A part by the template of its kind, or in plain text if there is none."""
    from ...web.pages import package_of
    from ...web.panels import Piece

    kinds = kinds_of(context)
    kind = kinds.get(stored.kind)
    if kind is None or not kind.part_template:
        return _plain(message_id, stored, shown, whole=whole)
    try:
        part = kind.model_validate(stored.content)
    except ValidationError:  # it is of an older version of the plugin
        return _plain(message_id, stored, shown, whole=whole)
    values = {"part": part, **_values(message_id, stored, shown, whole=whole)}
    return Piece(kinds.plugin_of(stored.kind), package_of(kind.__module__), kind.part_template, values)


def _plain(message_id: int, stored: StoredPart, shown: PartShown, *, whole: bool) -> Piece:
    from ...web.panels import Piece

    values = _values(message_id, stored, shown, whole=whole)
    return Piece("parts", __package__ or "", "parts/plain.html", values)


def _values(message_id: int, stored: StoredPart, shown: PartShown, *, whole: bool) -> dict[str, Any]:
    path = f"/messages/{message_id}/parts/{stored.number}"
    return {"stored": stored, "shown": shown, "path": path, "whole": whole}
