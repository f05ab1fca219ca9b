"""Makes what programs write fit for pyte 0.8, which dies of some control sequences and shows others as text.

- Sequences are cut off by the end of a read; they wait here for their rest.
- Strings (OSC, DCS, APC …: titles, pictures, clipboards) are left out: pyte would draw them, or keep them for ever.
- Private and intermediate forms (``CSI > … m``, ``CSI ! p``, ``CSI ? u``) mean nothing on this screen.
- Colons between parameters (``4:3``, ``38:2::r:g:b``) become semicolons where that says the same.
"""

from __future__ import annotations

import re

LONGEST = 64 * 1024
"""Bytes of a sequence that is waited for. Of a longer string nothing is kept but that it has begun."""

_STRING_BODY = rb"[^\x07\x1b\x18\x1a]*"
_PART = rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})"
_INCOMPLETE = re.compile(
    rb"(?:\x1b(?:\[[\x20-\x3f]*|[\x20-\x2f]*)"
    + _PART
    + rb"?|\x1b[P\]X^_]"
    + _STRING_BODY
    + rb"\x1b?|"
    + _PART
    + rb")\Z"
)
_STRING = re.compile("\x1b[P\\]X^_][^\x07\x1b\x18\x1a]*(?:\x07|\x1b\\\\|[\x18\x1a])?")
_BROKEN_OFF = re.compile("\x1b(?:\\[[ -?]*|[ -/]*)(?=\x1b)")
_BROKEN_OFF_AT_END = re.compile("\x1b(?:\\[[ -?]*|[ -/]*)(?=\x1b|\\Z)")
"""A sequence in which another one begins: it is none."""
_CSI = re.compile("\x1b\\[([<=>?]?)([0-9:;]*)([ -/]*)([@-~])")
_OTHER = re.compile("\x1b[ -/]+[0-~]?")
_KNOWN = frozenset({"\x1b#8", "\x1b(0", "\x1b(B", "\x1b)0", "\x1b)B"})
_COLOUR = re.compile(r"([34]8):(2|5)(?::\d*(?=(?::\d+){3}))?((?::\d*)+)")
_STYLE = re.compile(r"\b(\d+):(\d+)")
_C1 = re.compile("(?:\x1b(?:\\[[ -?]*|[ -/]*))?[\x80-\x9f]")
"""Control characters of eight bits, which nobody sends in UTF-8, and which would begin sequences; and what they break
off."""
_PRIVATE = frozenset("hlJKn")
"""What there is of ``CSI ? …``."""
_COLUMN_MODE = re.compile(r"(?<!\d)3(?!\d);?")
QUERY = re.compile(rb"\x1b\[[0-9]*[cn]")
"""A question of the program's: it may wait for the answer."""
MODES = re.compile(rb"\x1b\[\?[0-9;]*[hl]|\x1b\[[0-9;]*r|\x1bc")
"""What has an effect on all that comes later."""


def complete(data: bytes) -> tuple[bytes, bytes]:
    """What can be read of some bytes, and the beginning of a sequence or character at their end."""
    found = _INCOMPLETE.search(data, max(0, len(data) - 2 * LONGEST))
    if found is None:
        return data, b""
    rest = found[0]
    if len(rest) > LONGEST:
        rest = rest[:2]
    return data[: found.start()], rest


def readable(text: str, goes_on_with_escape: bool = False) -> str:
    """The same text with the sequences that pyte knows.

    Args:
        text: what was written.
        goes_on_with_escape: another sequence begins right behind it.
    """
    text = (_BROKEN_OFF_AT_END if goes_on_with_escape else _BROKEN_OFF).sub("", text)
    text = _C1.sub("", _STRING.sub("", text))
    if "\x1b" not in text:
        return text
    text = _CSI.sub(_known, text)
    return _OTHER.sub(lambda found: found[0] if found[0] in _KNOWN else "", text)


def _known(found: re.Match[str]) -> str:
    prefix, parameters, intermediates, final = found.groups()
    if intermediates or prefix in {"<", "=", ">"} or (prefix and final not in _PRIVATE):
        return ""
    if prefix and final in "hl":  # the width is not the program's to change (DECCOLM)
        parameters = _COLUMN_MODE.sub("", parameters).rstrip(";")
        if not parameters:
            return ""
    if ":" in parameters:
        if final != "m":
            return ""
        parameters = _STYLE.sub(_plain_style, _COLOUR.sub(_plain_colour, parameters)).replace(":", ";")
    return f"\x1b[{prefix}{parameters}{final}"


def _plain_colour(found: re.Match[str]) -> str:
    ground, space, values = found.groups()
    return f"{ground};{space}{values.replace(':', ';')}"


def _plain_style(found: re.Match[str]) -> str:
    style, form = found.groups()
    if style == "4":  # underlined: no, or in some form
        return "24" if form == "0" else "4"
    return style
