"""Scripts that are written without spaces between words, and Korean, whose words grow endings.

For an index their texts are cut into characters and pairs of characters, so that any part of a text is found, and fast.
"""

from __future__ import annotations

import re
from itertools import pairwise

from .folding import fold_text

EAST_ASIAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Chinese and Japanese, where a line break within a word is none."""
OTHERS = "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u109f\u1780-\u17d3\uac00-\ud7a3"
"""Thai, Lao, Burmese, Khmer and Korean."""
UNSPACED = re.compile(f"[{EAST_ASIAN}{OTHERS}]")
"""A character of these scripts."""
RUN = re.compile(rf"(?:[{OTHERS}]|[{EAST_ASIAN}](?:\s+(?=[{EAST_ASIAN}]))?){{2,}}")
"""Characters of these scripts in a row, of which pairs are made."""
GAP = " 0 "
"""Stands between two runs of pairs, so that no phrase reaches over it."""


def spread(text: str) -> str:
    """Fold a text, and put spaces around the characters of scripts that do without, so that each is a token."""
    if text.isascii():  # the index does the same with it
        return text
    return UNSPACED.sub(r" \g<0> ", fold_text(text))


def pairs(text: str) -> str:
    """The pairs of neighbouring characters in scripts that do without spaces: ``"用数据库"`` -> ``"用数 数据 据库"``.

    A single character is in so many messages that a word made of two would have to be looked for in all of them.
    """
    if text.isascii():
        return ""
    runs = ("".join(run.split()) for run in RUN.findall(fold_text(text)))
    return GAP.join(" ".join(map("".join, pairwise(run))) for run in runs)
