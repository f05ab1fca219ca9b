"""What is made of the parsed text before it becomes HTML: task lists, directions, and nothing that is not seen."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from ..text.invisible import has_right_to_left

_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_OUTERMOST = {"paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open"}
_CELLS = {"th_open", "td_open"}


def install(parser: MarkdownIt) -> None:
    """Add the rules to a parser."""
    parser.core.ruler.push("task_lists", _task_lists)
    parser.core.ruler.push("directions", _directions)
    parser.core.ruler.push("unseen", _show_what_is_unseen)


def _task_lists(state: StateCore) -> None:
    """``- [x] done``: a box in front of the item."""
    lists: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open" and (box := _box(state.tokens[index + 1 : index + 3])):
            token.attrSet("class", "task")
            lists[-1].attrSet("class", "tasks")
            box.attrs["class"] = "task-box"


def _box(following: list[Token]) -> Token | None:
    """The box for an item, put in front of its text, if this is how a task begins."""
    if [token.type for token in following] != ["paragraph_open", "inline"]:
        return None
    inline = following[1]
    children = inline.children or []
    found = _TASK.match(inline.content)
    if found is None or not children or not children[0].content.startswith(found[0].rstrip()):
        return None
    children[0].content = children[0].content[len(found[0]) :]
    box = Token("task_box", "input", 0, attrs={"type": "checkbox", "disabled": ""})
    if found[1] != " ":
        box.attrs["checked"] = ""
    children.insert(0, box)
    return box


def _directions(state: StateCore) -> None:
    """Each block of a text with right-to-left letters is laid out by its first ones; what is inside of it, by style.

    How cells are aligned is said by a class: a style would be against the policy for content.
    """
    directed = has_right_to_left(state.src)
    for token in state.tokens:
        if token.type in _CELLS:
            align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if align:
                token.attrSet("class", f"align-{align}")
        if directed and (token.type in _CELLS or (token.level == 0 and token.type in _OUTERMOST)):
            token.attrSet("dir", "auto")


def _show_what_is_unseen(state: StateCore) -> None:
    """Titles of links stand beside them, and a link without words shows its address: agents read both."""
    for block in state.tokens:
        if block.type == "inline" and block.children and any(token.type == "link_open" for token in block.children):
            block.children = _with_titles(block.children)


def _with_titles(children: list[Token]) -> list[Token]:
    shown: list[Token] = []
    opening: Token | None = None
    seen = False
    for token in children:
        if token.type == "link_open":
            opening, seen = token, False
        elif token.type == "link_close" and opening is not None:
            if not seen:
                shown.append(_text(str(opening.attrs.get("href", ""))))
            title = str(opening.attrs.pop("title", ""))
            shown += [token, _text(f" ({title})")] if title else [token]
            opening = None
            continue
        else:
            seen = seen or token.type not in {"text", "softbreak"} or bool(token.content.strip())
        shown.append(token)
    return shown


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token
