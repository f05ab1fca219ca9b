"""Parsed Markdown as HTML.

The ``env`` of rendering holds in ``me`` the reader; ``unfinished`` is put into it where the colours of code came too
late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import escape

from ..text.invisible import reveal
from .highlighting import highlight

_OWN_PICTURE = re.compile(r"/files/[0-9]{1,19}")


def install(parser: MarkdownIt) -> None:
    """Let a parser render with these rules."""
    rules: dict[str, Callable[..., str]] = {
        "text": _text,
        "code_inline": _code_inline,
        "code_block": _code_block,
        "fence": _fence,
        "mention": _mention,
        "link_open": _link,
        "image": _image,
        "task_box": _task_box,
        "table_open": _table_open,
        "table_close": _table_close,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)


def _text(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return str(escape(reveal(tokens[index].content, prose=True)))


def _code_inline(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<code>{escape(reveal(tokens[index].content))}</code>"


def _code_block(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<pre><code>{escape(reveal(tokens[index].content))}</code></pre>\n"


def _fence(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    """Code with what its author calls it: the language, and whatever stands behind it."""
    code, info = reveal(tokens[index].content), reveal(tokens[index].info.strip())
    head = f'<p class="code-info">{escape(info)}</p>' if info else ""
    coloured = highlight(code, info.split()[0]) if info else None
    if coloured is not None and not coloured.final:
        env["unfinished"] = True
    if coloured is None or coloured.html is None:
        return f"{head}<pre><code>{escape(code)}</code></pre>\n"
    return f'{head}<pre class="code"><code>{coloured.html}</code></pre>\n'


def _mention(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    mine = token.meta["name"].casefold() in {str(env.get("me", "")).casefold(), "all"}
    return f'<span class="mention{" mention-me" if mine else ""}">{escape(token.content)}</span>'


def _link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    if not str(token.attrGet("href") or "").startswith(("/", "#", "?")):
        token.attrSet("rel", "noopener noreferrer nofollow ugc")
        token.attrSet("target", "_blank")
    return renderer.renderToken(tokens, index, options, env)


def _image(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """A file of ours is shown. Anything else is a link: a picture is fetched without anybody having asked for it.

    Another server would be told who reads what, and a page of ours would take it for a visit.
    """
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    words = " ".join(filter(None, [token.content, f"({token.attrs['title']})" if token.attrs.get("title") else ""]))
    label = escape(reveal(words or source, prose=True))
    if _OWN_PICTURE.fullmatch(source):
        caption = f'<span class="picture-words">{label}</span>' if words else ""
        return f'<a class="picture" href="{source}"><img src="{source}" alt="{label}" loading="lazy">{caption}</a>'
    if source.startswith(("/", "#", "?")):
        return f'<a href="{escape(source)}">{label}</a>'
    return f'<a href="{escape(source)}" rel="noopener noreferrer nofollow ugc" target="_blank">{label}</a>'


def _task_box(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f"{renderer.renderToken(tokens, index, options, env)} "


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return '<div class="table-scroll"><table>'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"
