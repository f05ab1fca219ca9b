"""The parser: CommonMark with tables, strikethrough and addresses, within limits. Imported with the first text.

One parser serves everything that reads Markdown, so that what is code, an address or a mention is so everywhere. Where
a limit is reached the text stays, as it was typed: what agents read, people see.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock, blockquote, list_block, table
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from . import html, mentions, tokens

SCHEMES = {"http", "https", "mailto"}
DEEPEST = 16
"""Levels of quotes and lists, of which a list takes two; what is deeper is text."""
INLINE_DEEPEST = 30
MOST_CELLS = 1000
"""Cells of a text's tables; a table that would go beyond is text."""
LONGEST_ADDRESS = 2048

_SCHEME = re.compile("(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_ENDS_ADDRESS = re.compile(
    "[¡«»¿\u060c\u061b\u061f\u06d4\u0964\u0965\u2014\u2018-\u201f\u2026\u203c\u203d\u2047-\u2049\u3000-\u3003"
    "\u3008-\u3020\u3030\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff64]"
)
"""Punctuation of other scripts, which people write right behind an address and no address has."""


def build() -> MarkdownIt:
    """A parser. Rendering takes an ``env``: see `mentions` and `html`."""
    parser = MarkdownIt()
    parser.inline = _Inline()
    parser.configure(
        "commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": max(DEEPEST, INLINE_DEEPEST) + 10}
    )
    # A definition is shown nowhere, so one that nobody refers to would be a text that only agents see.
    parser.enable(["table", "strikethrough", "linkify"]).disable("reference")
    # Only what says that it is an address: app.py and README.md are files, though .py and .md are domains too.
    parser.linkify = _Addresses(options={"fuzzy_link": False, "fuzzy_email": False})
    parser.validateLink = allowed_link  # type: ignore[method-assign]
    parser.inline.ruler.at("linkify", _address)
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.at("blockquote", _blockquote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    mentions.install(parser)
    tokens.install(parser)
    html.install(parser)
    return parser


def allowed_link(url: str) -> bool:
    """Whether a link may be followed: http, https and mailto, and addresses on this server."""
    cleaned = "".join(character for character in url if character > " ")
    try:
        scheme = urlsplit(cleaned).scheme.lower()
    except ValueError:
        return False
    if not scheme:
        return cleaned.startswith(("/", "#", "?")) and not cleaned.startswith(("//", "/\\"))
    return scheme in SCHEMES


# -- limits ----------------------------------------------------------------------------------------------------------


def _blockquote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.level < DEEPEST and blockquote(state, start, end, silent)


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.level < DEEPEST - 1 and list_block(state, start, end, silent)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, unless it has too many cells, or cells beyond its columns, which nobody would see."""
    if start < state.env.get("no_table_before", 0) or not table(state, start, end, True):
        return False
    columns = len(_cells(state, start))
    left = MOST_CELLS - state.env.get("cells", 0) - columns
    line = start + 2
    whole = True
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        left -= columns
        whole = whole and left >= 0 and not any(_cells(state, line)[columns:])
        line += 1
    if not whole or left < 0:
        state.env["no_table_before"] = line  # its later rows are no table of their own
        return False
    if silent:
        return True
    state.env["cells"] = MOST_CELLS - left
    return table(state, start, end, False)


def _cells(state: StateBlock, line: int) -> list[str]:
    cells = [cell.strip() for cell in escapedSplit(getLine(state, line).strip())]
    return cells[cells[:1] == [""] : len(cells) - (cells[-1:] == [""])]


# -- addresses -------------------------------------------------------------------------------------------------------


class _Addresses(LinkifyIt):  # type: ignore[misc]
    """Finds addresses in texts of any script."""

    def match(self, text: str) -> list[Match] | None:
        found: list[Match] | None = super().match(_ENDS_ADDRESS.sub(" ", text))
        return found

    def match_at_start(self, text: str) -> Match | None:
        end = _ENDS_ADDRESS.search(text)
        return super().match_at_start(text[: end.start()] if end else text)


def _address(state: StateInline, silent: bool) -> bool:
    """An address within a line, before ``_`` and ``*`` in it are taken for emphasis.

    The library's own rule looks back over the whole line at each ``://``.
    """
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-6:])
    if scheme is None or state.md.linkify is None:
        return False
    start = state.pos - len(scheme[1])
    found = state.md.linkify.match_at_start(state.src[start : start + LONGEST_ADDRESS])
    if found is None:
        return False
    url = str(found.url).rstrip("*")
    target = state.md.normalizeLink(url)
    if not state.md.validateLink(target):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": target}
        opening.markup, opening.info = "linkify", "auto"
        state.push("text", "", 0).content = state.md.normalizeLinkText(url)
        closing = state.push("link_close", "a", -1)
        closing.markup, closing.info = "linkify", "auto"
    state.pos = start + len(url)
    return True


# -- emphasis --------------------------------------------------------------------------------------------------------


class _State(StateInline):
    """Emphasis beside the punctuation of scripts without spaces, as github.com/tats-u/markdown-cjk-friendly has it.

    CommonMark tells the beginning and the end of an emphasis by the spaces around it, of which Chinese, Japanese and
    Korean have none: in ``**注意：**请`` nothing would be emphasised.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start else " "
        behind = self.src[end] if end < self.posMax else " "
        opens = not _is_space(behind) and (not _is_foreign(behind) or _may_stand_beside(before))
        closes = not _is_space(before) and (not _is_foreign(before) or _may_stand_beside(behind))
        return Scanned(
            opens and (canSplitWord or not closes or _is_punctuation(before)),
            closes and (canSplitWord or not opens or _is_punctuation(behind)),
            end - start,
        )


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _is_space(character: str) -> bool:
    return bool(isWhiteSpace(ord(character)))


def _is_punctuation(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)


def _is_foreign(character: str) -> bool:
    """Whether this is punctuation of another script than Chinese, Japanese or Korean."""
    return _is_punctuation(character) and not _is_cjk(character)


def _may_stand_beside(character: str) -> bool:
    return _is_space(character) or _is_punctuation(character) or _is_cjk(character)


def _is_cjk(character: str) -> bool:
    wide = unicodedata.east_asian_width(character) in "WFH"
    emoji = unicodedata.category(character) == "So" and not "\u2e80" <= character <= "\u33ff"
    return (wide and not emoji) or unicodedata.name(character, "").startswith("HANGUL")
