"""The two things that a scan wants to know of YAML files: a list of texts, and the texts directly under a key.

It is not YAML: what is written in another way than people write these two is not found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_NO_TEXT = tuple("|>&*!{[#%@`")
"""With these begins what is no text unless it is quoted."""
_ITEM = re.compile(r"\s*-\s+(\S.*)$")
_PIECE = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,\]'"#][^,\]\n]*)|(?P<end>\])|\#[^\n]*|[\s,]+""")
_ENTRY = re.compile(r"(\s+)([\w.-]+)\s*:\s+(\S.*)$")


def texts_under(document: str, key: str) -> list[str]:
    """The texts of a list that stands under a key of the outermost level, in either style."""
    rest, lines = _under(document, key)
    if rest.startswith("["):
        return [text for part in _parts("\n".join([rest[1:], *lines])) if (text := _scalar(part))]
    return [text for line in lines if (item := _ITEM.match(line)) and (text := _scalar(item[1]))]


def entries_under(document: str, key: str) -> dict[str, str]:
    """The texts that stand under a key of the outermost level, by their own keys; what lies deeper is left out."""
    _, lines = _under(document, key)
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())] if lines else ""
    entries = [entry for line in lines if (entry := _ENTRY.match(line))]
    return {entry[2]: _scalar(entry[3]) for entry in entries if entry[1] == margin}


def _under(document: str, key: str) -> tuple[str, list[str]]:
    """What stands behind a key of the outermost level, and the lines that belong to it."""
    lines = iter(document.splitlines())
    for line in lines:
        if (found := re.match(rf"{re.escape(key)}\s*:(.*)$", line)) is not None:
            break
    else:
        return "", []
    inside = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not line.startswith((" ", "\t", "- ", "]")):
            break
        inside.append(line)
    return found[1].strip(), inside


def _parts(flow: str) -> Iterator[str]:
    """What stands between the commas of a list, up to the bracket at its end."""
    for piece in _PIECE.finditer(flow):
        if piece["end"]:
            return
        if piece["text"]:
            yield piece["text"]


def _scalar(text: str) -> str:
    """A text without its quotes and without the comment behind it; empty if it is something else than a text."""
    if text.startswith('"'):
        try:
            found, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:
            return ""
        return str(found)
    if text.startswith("'"):
        quoted = re.match(r"'((?:[^']|'')*)'", text)
        return "" if quoted is None else quoted[1].replace("''", "'")
    plain = re.split(r"\s#", text)[0].strip()
    return "" if plain.startswith(_NO_TEXT) or ": " in plain else plain
