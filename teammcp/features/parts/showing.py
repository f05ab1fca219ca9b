"""Parts of messages as pages draw them: each by the template of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from pydantic import ValidationError

from ...operations import Context
from ...web.pages import package_of
from ...web.panels import Drawing, Piece, draw_pieces
from .keeping import StoredPart
from .kinds import kinds_of
from .models import PartShown

HOOK = "register_message_parts"
EMPTY = Drawing("", Markup())


async def draw_parts(
    context: Context, parts: Sequence[tuple[int, StoredPart, PartShown]], *, whole: bool = False
) -> list[Drawing]:
    """Parts, each with its message and what is told of it, as pages show them.

    Args:
        context: who looks.
        parts: what is shown.
        whole: with all that there is of them, on a page of their own.
    """
    pieces = [_piece(context, *part, whole=whole) for part in parts]
    drawn = await draw_pieces(context, HOOK, pieces)
    failed = [_plain(*part, whole=whole) for part, drawing in zip(parts, drawn, strict=True) if drawing is None]
    instead = iter(await draw_pieces(context, HOOK, failed))
    return [drawing or next(instead) or EMPTY for drawing in drawn]


def _piece(context: Context, message_id: int, stored: StoredPart, shown: PartShown, *, whole: bool) -> Piece:
    """A part by the template of its kind, or in plain text if there is none."""
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
    values = _values(message_id, stored, shown, whole=whole)
    return Piece("parts", __package__ or "", "parts/plain.html", values)


def _values(message_id: int, stored: StoredPart, shown: PartShown, *, whole: bool) -> dict[str, Any]:
    path = f"/messages/{message_id}/parts/{stored.number}"
    return {"stored": stored, "shown": shown, "path": path, "whole": whole}
