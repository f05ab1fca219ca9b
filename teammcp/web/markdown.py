"""Messages as HTML: Markdown without HTML, safe links, highlighted code and mentions."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FOLD_LINES = 18
FOLD_CHARACTERS = 1800


def render_markdown(text: str, mentioned: Collection[str] = (), me: str = "") -> Markup:
    """HTML of a message.

    Args:
        text: Markdown; HTML in it is shown as text.
        mentioned: the names that the message mentions; ``@name`` is marked for these only. ``all`` counts if it is
            among them.
        me: the reader, whose mention stands out.
    """
    return _rendered(text, tuple(mentioned), me)


@lru_cache(maxsize=2000)  # a channel's last messages are shown over and over
def _rendered(text: str, mentioned: tuple[str, ...], me: str) -> Markup:
    return Markup(_parser().render(text, {"mentioned": _by_length(mentioned), "me": me}))  # noqa: S704 - HTML is off


def plain(text: str, length: int = 100) -> str:
    """The first line of a message without its marks, cut to ``length`` characters."""
    for token in _parser().parse(text, {}):
        if token.type == "inline":
            line = "".join(_words(child) for child in token.children or []).strip()
        else:
            line = token.content.strip()
        if line:
            first = line.splitlines()[0]
            return first if len(first) <= length else first[: length - 1].rstrip() + "…"
    return text[:length]


def _words(token: Token) -> str:
    return "\n" if token.type in {"softbreak", "hardbreak"} else token.content


def is_long(text: str) -> bool:
    """Whether a message is folded until its reader wants all of it."""
    return text.count("\n") >= FOLD_LINES or len(text) > FOLD_CHARACTERS


def _by_length(names: Collection[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)


@cache
def _parser() -> MarkdownIt:
    from .markdown_rules import build

    return build()
