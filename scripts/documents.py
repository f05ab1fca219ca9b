"""The Markdown of this repository: which files are its documentation, their links, and their headings' anchors.

The tests that follow links and the site that is built of the same files ask here, so that both mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
PATTERNS = ("*.md", "docs/**/*.md", "plugins/*/*.md", "themes/*/*.md", ".github/**/*.md")
HOME = ROOT / "README.md"
GUIDE = ROOT / "docs" / "README.md"
"""The table of contents: it leads to every page that is there for readers."""

_markdown = MarkdownIt("commonmark").enable("table")


def documents() -> list[Path]:
    """Every file of the documentation."""
    return sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))


def links(document: Path) -> list[str]:
    """The targets of a document's links and pictures, as they are written, those with a scheme left out."""
    found = []
    for token in _inline(document):
        target = str(token.attrGet("href") or token.attrGet("src") or "")
        if target and "://" not in target and not target.startswith("mailto:"):
            found.append(unquote(target))
    return found


def linked_file(document: Path, target: str) -> Path:
    """The file that a link of a document leads to, whether or not it is there."""
    name = target.partition("#")[0]
    return (document.parent / name).resolve() if name else document


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in headings(document):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{name}-{number}" if number else name) in found:
            number += 1
        found.add(anchor)
    return found


def headings(document: Path) -> list[str]:
    """The text of a document's headings, in order."""
    tokens = _tokens(document)
    inlines = [tokens[place + 1] for place, token in enumerate(tokens) if token.type == "heading_open"]
    return ["".join(part.content for part in inline.children or []) for inline in inlines]


def contents() -> list[tuple[str, list[tuple[str, Path]]]]:
    """The guide's table of contents: each heading, with the titles and the files of the pages listed under it."""
    sections: list[tuple[str, list[tuple[str, Path]]]] = []
    tokens = _tokens(GUIDE)
    for before, token in pairwise(tokens):
        if before.type == "heading_open" and before.tag == "h2":
            sections.append((token.content, []))
        elif token.type == "inline" and sections:
            sections[-1][1].extend(_pages(token))
    return sections


def _pages(inline: Token) -> Iterator[tuple[str, Path]]:
    """The links of a line: a title and a file for each."""
    parts = inline.children or []
    for place, part in enumerate(parts):
        if part.type == "link_open":
            yield parts[place + 1].content, linked_file(GUIDE, str(part.attrGet("href")))


def _inline(document: Path) -> Iterator[Token]:
    for token in _tokens(document):
        yield from token.children or []


def _tokens(document: Path) -> list[Token]:
    return _markdown.parse(document.read_text(encoding="utf-8"))
