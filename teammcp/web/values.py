"""JSON values on pages: how they are shown, typed and compared. ``web/difference.html`` shows a comparison."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from markupsafe import Markup

from ..markdown.highlighting import highlight
from ..text.excerpts import excerpt
from ..text.invisible import reveal
from .i18n import gettext as _

WIDTH = 76
PREVIEW_WIDTH = 48
PREVIEW_LINES = 8
PREVIEW_CHARACTERS = 400
COMPARED = 2000
"""Lines of a value up to which it is compared line by line; beyond, that takes too long."""
SHOWN = 200
"""Lines of a comparison that are shown."""
LONGEST = 1000
"""Characters of a line of a comparison that are shown."""

_dumps = partial(json.dumps, ensure_ascii=False)


# -- showing ---------------------------------------------------------------------------------------------------------


def pretty(value: Any, width: int = WIDTH, indent: str = "") -> str:
    """A value as JSON of several lines, where each part that fits into a line has one."""
    text = _dumps(value)
    if len(indent) + len(text) <= width or not isinstance(value, (dict, list)):
        return text
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{inner}{_dumps(key)}: {pretty(part, width, inner)}" for key, part in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    parts = [inner + pretty(part, width, inner) for part in value]
    return "[\n" + ",\n".join(parts) + f"\n{indent}]"


def rendered(value: Any) -> Markup:
    """A value as HTML: text as it is, all else as coloured JSON."""
    if isinstance(value, str):
        return Markup('<p class="value value-text" dir="auto">{}</p>').format(reveal(value)) if value else _empty_text()
    return _code(pretty(value))


def preview(value: Any) -> Markup:
    """The beginning of a value as HTML."""
    whole = value if isinstance(value, str) else pretty(value, PREVIEW_WIDTH)
    start = "\n".join(whole[:PREVIEW_CHARACTERS].splitlines()[:PREVIEW_LINES])
    shown = rendered(start) if isinstance(value, str) else _code(start)
    return shown if len(start) >= len(whole.rstrip("\n")) else shown + Markup('<p class="muted">…</p>')


def _empty_text() -> Markup:
    return Markup('<p class="value value-text muted">{}</p>').format(_("empty text"))


def _code(text: str) -> Markup:
    text = reveal(text)
    shown = highlight(text, "json").html
    return Markup('<pre class="value code"><code>{}</code></pre>').format(text if shown is None else shown.rstrip("\n"))


# -- typing ----------------------------------------------------------------------------------------------------------


def parse(text: str) -> Any:
    """What somebody has typed into a form: JSON, or words, which are text.

    Raises:
        ValueError: nothing, or what begins like JSON and is none; with a sentence for the person.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValueError(_('value: nothing is there; write null for no value, or "" for an empty text.'))
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        if text[0] not in '{["':
            return text
        if not isinstance(error, json.JSONDecodeError):
            raise ValueError(_("value: this is no JSON that can be kept.")) from None
        raise ValueError(
            _(
                "value: this is no JSON: line %(line)s, column %(column)s: %(reason)s.",
                line=error.lineno,
                column=error.colno,
                reason=error.msg,
            )
        ) from None


def typed(value: Any) -> str:
    """What somebody would type for a value: words without quotation marks where they mean the same."""
    if isinstance(value, str):
        try:
            if parse(value) == value:
                return value
        except ValueError:
            pass  # it needs its quotation marks
    return pretty(value)


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON


# -- comparing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of a comparison. ``gap`` stands for lines that are left out."""

    kind: Literal["added", "removed", "same", "gap"]
    text: str

    @property
    def mark(self) -> str:
        """What tells the kinds apart without colour."""
        return {"added": "+", "removed": "−", "same": " ", "gap": "⋯"}[self.kind]

    @property
    def shown(self) -> str:
        """Its text with what is invisible written out, cut if it is very long."""
        return reveal(excerpt(self.text, LONGEST))

    @property
    def hides(self) -> bool:
        """Whether something is not shown."""
        return self.kind == "gap" or len(self.text) > LONGEST


def compare(old: Any, new: Any) -> list[Line]:
    """What changed between two values, line by line, with a little of what is around it."""
    return _compared(_lines(old), _lines(new))


def compare_texts(old: str | None, new: str) -> list[Line]:
    """What changed between two texts, such as those of a file; ``old`` is None where there was none before."""
    return _compared([] if old is None else _text_lines(old), _text_lines(new))


def _text_lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _compared(before: list[str], after: list[str]) -> list[Line]:
    if len(before) + len(after) > COMPARED:
        return [Line("gap", _("too long to compare"))]
    lines = list(_differences(before, after))
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], Line("gap", "")]


def only(kind: Literal["added", "removed"], value: Any) -> list[Line]:
    """A value that was not there before, or is not any more, line by line."""
    lines = [Line(kind, line) for line in _lines(value)]
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], Line("gap", "")]


def _lines(value: Any) -> list[str]:
    text = value if isinstance(value, str) and "\n" in value else json.dumps(value, ensure_ascii=False, indent=2)
    return text.split("\n")


def _differences(before: list[str], after: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, before, after)
    for number, group in enumerate(matcher.get_grouped_opcodes(2)):
        if number:
            yield Line("gap", "")
        for what, start, end, new_start, new_end in group:
            if what == "equal":
                yield from (Line("same", line) for line in before[start:end])
                continue
            yield from (Line("removed", line) for line in before[start:end])
            yield from (Line("added", line) for line in after[new_start:new_end])
