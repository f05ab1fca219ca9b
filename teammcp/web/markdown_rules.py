"""How Markdown is parsed and turned into HTML. Imported with the first text that is shown, because that takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from ..models import is_name_character

SCHEMES = {"http", "https", "mailto"}

_formatter = HtmlFormatter(nowrap=True)


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


def _highlight(code: str, language: str, _attributes: str) -> str:
    if not language:
        return ""  # markdown-it then escapes the code itself
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    shown = highlight(code, lexer, _formatter)
    return f'<pre class="code" data-language="{escape(language)}"><code>{shown}</code></pre>\n'


def _mark_mentions(state: StateCore) -> None:
    """Split the text around each ``@name``; code spans and links are other tokens and stay as they are."""
    mentioned = state.env.get("mentioned") or []
    if not mentioned:
        return
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        inside_link = 0
        for token in block.children:
            inside_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            children += _split(token, mentioned) if token.type == "text" and not inside_link else [token]
        block.children = children


def _split(token: Token, mentioned: list[str]) -> list[Token]:
    text = token.content
    parts: list[Token] = []
    start = position = 0
    while (position := text.find("@", position)) >= 0:
        name = _name_at(text, position, mentioned)
        if name is None:
            position += 1
            continue
        if position > start:
            parts.append(_text(text[start:position]))
        mention = Token("mention", "", 0)
        mention.content = text[position + 1 : position + 1 + len(name)]
        parts.append(mention)
        start = position = position + 1 + len(name)
    if not parts:
        return [token]
    if start < len(text):
        parts.append(_text(text[start:]))
    return parts


def _name_at(text: str, position: int, mentioned: list[str]) -> str | None:
    if position and is_name_character(text[position - 1]):
        return None
    rest = text[position + 1 :]
    for name in mentioned:
        if rest[: len(name)].casefold() != name.casefold():
            continue
        after = rest[len(name) : len(name) + 1]
        if not after or after in "_.-" or not is_name_character(after):
            return name
    return None


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token


def _render_mention(_renderer: RendererHTML, tokens: list[Token], index: int, _options: Any, env: Any) -> str:
    name = tokens[index].content
    mine = name.casefold() in {str(env.get("me", "")).casefold(), "all"}
    return f'<span class="mention{" mention-me" if mine else ""}">@{escape(name)}</span>'


def _render_link(renderer: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    if not str(token.attrGet("href") or "").startswith(("/", "#", "?")):
        token.attrSet("rel", "noopener noreferrer nofollow ugc")
        token.attrSet("target", "_blank")
    return renderer.renderToken(tokens, index, options, env)


def _render_image(_renderer: RendererHTML, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
    """A picture of another server would tell that server who reads what, so it becomes a link; our own are shown."""
    token = tokens[index]
    source, label = str(token.attrGet("src") or ""), token.content or str(token.attrGet("src") or "")
    if source.startswith("/") and not source.startswith("//"):
        return (
            f'<a class="picture" href="{escape(source)}"><img src="{escape(source)}" alt="{escape(label)}" '
            'loading="lazy"></a>'
        )
    return f'<a href="{escape(source)}" rel="noopener noreferrer nofollow ugc" target="_blank">{escape(label)}</a>'


def _render_table_open(*_: Any) -> str:
    return '<div class="table-scroll"><table>'


def _render_table_close(*_: Any) -> str:
    return "</table></div>\n"


def build() -> MarkdownIt:
    """The parser."""
    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": True, "breaks": True, "highlight": _highlight, "maxNesting": 30}
    ).enable(["table", "strikethrough", "linkify"])
    # Only what says that it is an address: app.py and README.md are files, though .py and .md are domains too.
    assert parser.linkify is not None  # noqa: S101 - the option above makes it
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    parser.validateLink = allowed_link  # type: ignore[method-assign]
    parser.core.ruler.push("mentions", _mark_mentions)
    rules: dict[str, Callable[..., str]] = {
        "mention": _render_mention,
        "link_open": _render_link,
        "image": _render_image,
        "table_open": _render_table_open,
        "table_close": _render_table_close,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser
