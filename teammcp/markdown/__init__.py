"""Messages as HTML: Markdown without HTML, safe links, coloured code and mentions. One parser for all who read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..members.directory import fold
from ..text.invisible import strip
from ..text.recent import Recent

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FOLD_LINES = 18
FOLD_CHARACTERS = 1800
PREVIEWED = 2000
"""Characters of a text in which the line for a preview is looked for."""
EVERYBODY = {"all", "everyone", "channel", "here"}

_rendered: Recent[tuple[str, tuple[str, ...], str]] = Recent(32_000_000)  # a channel's last messages are shown often


def render_markdown(text: str, mentioned: Collection[str] = (), me: str = "") -> Markup:
    """HTML of a message.

    Args:
        text: Markdown; HTML in it is shown as text.
        mentioned: the names that the message mentions; ``@name`` is marked for these only. ``all`` counts if it is
            among them.
        me: the reader, whose mention stands out.
    """
    key = (text, tuple(mentioned), me)
    known = _rendered.get(key)
    if known is None:
        names = {fold(name): name for name in mentioned}
        env = {"names": lambda written: names.get(fold(named(written))), "me": me}
        known = _parser().render(text, env)
        if "unfinished" not in env:
            _rendered.put(key, known)
    return Markup(known)  # noqa: S704 - HTML is off


def mentions_in(text: str, names: Callable[[str], str | None]) -> Iterator[str]:
    """Whom a text mentions, in order: those whose mention `render_markdown` would show.

    Args:
        names: from what is written behind an ``@`` to the name it means, or to None.
    """
    if not has_at(text):  # as most: then nothing need be imported either
        return
    from .mentions import may_mention

    if not may_mention(text, names):
        return
    for block in _parser().parse(text, {"names": names}):
        for token in block.children or []:
            if token.type == "mention":
                yield token.meta["name"]


def has_at(text: str) -> bool:
    """Whether a text could mention anybody."""
    return "@" in text or "＠" in text


def named(written: str) -> str:
    """``all`` for what means everybody, anything else as it is."""
    return "all" if written.casefold() in EVERYBODY else written


def plain(text: str, length: int = 100) -> str:
    """The first line of a message without its marks and anything invisible, cut to ``length`` characters."""
    text = text.lstrip()[:PREVIEWED]
    for token in _parser().parse(text, {}):
        parts = map(_words, token.children or []) if token.type == "inline" else [token.content]
        line = strip("".join(parts)).strip()
        if line:
            first = line.splitlines()[0]
            return first if len(first) <= length else first[: length - 1].rstrip() + "…"
    return strip(text)[:length]


def _words(token: Token) -> str:
    return "\n" if token.type in {"softbreak", "hardbreak"} else token.content


def is_long(text: str) -> bool:
    """Whether a message is folded until its reader wants all of it."""
    return text.count("\n") >= FOLD_LINES or len(text) > FOLD_CHARACTERS


@cache
def _parser() -> MarkdownIt:
    from .parsing import build

    return build()
