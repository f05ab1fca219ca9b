"""JSON as people write it, with comments and commas at the end, changed in place: every other byte stays.

No library on the index does this without Node.js or a grammar of its own, and it takes a page: the text is taken apart
into values with their places, and a change is a cut and an insertion there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DEEPEST = 200
"""Levels beyond which a file is somebody's joke."""
Path = Sequence[str | int]

_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
_REST_OF_LINE = re.compile(r"(?:[ \t]|/\*(?:(?!\*/)[^\r\n])*\*/)*(?://[^\r\n]*)?(?=\r?\n)")
_END_OF_LINE = re.compile(r"[ \t]*\r?\n")
_INDENT = re.compile(r"[ \t]*")


@dataclass
class Node:
    """A value and where it stands in the text.

    Attributes:
        begin: where it begins, or its key if it has one.
        start: where it begins.
        end: where it ends.
        key: its name in the object it is in.
        value: what it is, objects and arrays with all that is in them.
        children: what is in it, in order; None for what holds nothing.
    """

    begin: int
    start: int
    end: int
    key: str | None
    value: Any
    children: list[Node] | None = field(default=None)


class Document:
    """A JSON text.

    Args:
        text: the text; its line ends and indentation are taken up by what is added.
        comments: whether comments and commas at the end are allowed.

    Raises:
        ValueError: it is no JSON; says where.
    """

    def __init__(self, text: str, *, comments: bool = False) -> None:
        self.text = text
        self._comments = comments
        self._parse()

    @property
    def value(self) -> Any:
        """The whole as a value."""
        return self._root.value

    def find(self, path: Path) -> Node | None:
        """What is at a path of keys and indices; of a key that is there twice the last, as every program takes it."""
        node = self._root
        for step in path:
            children = node.children or []
            if isinstance(step, int):
                found = children[step : step + 1] if isinstance(node.value, list) else []
            else:
                found = [child for child in children if child.key == step]
            if not found:
                return None
            node = found[-1]
        return node

    def set(self, path: Path, value: Any) -> None:
        """Put a value at a path, with the objects on the way; one that is that already stays as it is written.

        Raises:
            TypeError: something on the way is no object.
        """
        node = self.find(path)
        if node is not None:
            if node.value != value or type(node.value) is not type(value):
                self._replace(node.start, node.end, self._render(value, self._indent_at(node.begin)))
            return
        for length in range(len(path) - 1, -1, -1):
            parent = self.find(path[:length])
            if parent is not None:
                for key in reversed(path[length + 1 :]):
                    value = {key: value}
                self._insert(parent, str(path[length]), value)
                return

    def append(self, path: Path, value: Any) -> None:
        """Add a value to the end of the list at a path; the list is made if it is not there.

        Raises:
            TypeError: what is there is no list.
        """
        node = self.find(path)
        if node is None:
            self.set(path, [value])
        else:
            self._insert(node, None, value)

    def remove(self, path: Path) -> bool:
        """Take away what is at a path, with its comma; False if nothing is there."""
        parent, found = self.find(path[:-1]), False
        while parent is not None and (node := self.find(path)) is not None:
            self._cut(parent, node)
            parent, found = self.find(path[:-1]), True
            if isinstance(path[-1], int):  # the next has its place now
                break
        return found

    def is_bare(self, path: Path) -> bool:
        """Whether what is at a path holds nothing at all, not even a comment."""
        node = self.find(path)
        return node is not None and node.children == [] and not self.text[node.start + 1 : node.end - 1].strip()

    @property
    def has_remarks(self) -> bool:
        """Whether there is anything before or after the value."""
        return bool(self.text[: self._root.start].strip() or self.text[self._root.end :].strip())

    # -- changing ------------------------------------------------------------------------------------------------------

    def _replace(self, start: int, end: int, by: str) -> None:
        self.text = self.text[:start] + by + self.text[end:]
        self._parse()

    def _insert(self, parent: Node, key: str | None, value: Any) -> None:
        if not isinstance(parent.value, dict if key is not None else list):
            raise TypeError("it has another shape")
        assert parent.children is not None  # noqa: S101 - an object or a list
        name = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
        if not parent.children:
            self._insert_first(parent, name, value)
            return
        last = parent.children[-1]
        comma = self._skip(last.end)
        trailing = self.text[comma] == ","
        after = comma + 1 if trailing else last.end
        opening = self.text[parent.start : parent.children[0].begin]
        if "\n" not in opening and "\n" not in self.text[parent.start : parent.end]:
            added = f" {name}{json.dumps(value, ensure_ascii=False)}"
        else:
            indent = self._indent_at(last.begin)
            added = f"{self._newline}{indent}{name}{self._render(value, indent)}"
            rest = _REST_OF_LINE.match(self.text, after)
            if rest is not None:  # what is said of the last one in its line stays with it
                end = rest.end() if rest[0].strip() else after
                between = self.text[after:end]
                self._replace(after, end, f"{'' if trailing else ','}{between}{added}{',' if trailing else ''}")
                return
        self._replace(after, after, f"{'' if trailing else ','}{added}{',' if trailing else ''}")

    def _insert_first(self, parent: Node, name: str, value: Any) -> None:
        outer = self._indent_at(parent.begin)
        indent = outer + self._unit
        kept = self.text[parent.start + 1 : parent.end - 1].rstrip()  # comments
        added = f"{kept}{self._newline}{indent}{name}{self._render(value, indent)}{self._newline}{outer}"
        self._replace(parent.start + 1, parent.end - 1, added)

    def _cut(self, parent: Node, node: Node) -> None:
        assert parent.children is not None  # noqa: S101 - it has this child
        at = parent.children.index(node)
        begin, end, after = node.begin, node.end, self._skip(node.end)
        if self.text[after] == ",":
            end = after + 1
        elif at > 0:  # the last one, without a comma of its own: that of the one before goes
            comma = self._skip(parent.children[at - 1].end)
            self.text = self.text[:comma] + self.text[comma + 1 :]
            begin, end = begin - 1, end - 1
        neighbour = parent.children[at - 1].end if at > 0 else parent.start + 1
        self._replace(*self._with_its_space(begin, end, neighbour), "")

    def _with_its_space(self, begin: int, end: int, neighbour: int) -> tuple[int, int]:
        """A span with the space that came with it: its whole lines, or what parts it from its neighbours."""
        indent = len(self.text[:begin].rstrip(" \t"))
        alone = self.text[indent - 1] == "\n"
        ends_comment = "//" in self.text[neighbour - 1 : begin] and not _END_OF_LINE.match(self.text, end)
        if alone and not ends_comment:
            return indent - (2 if self.text[indent - 2] == "\r" else 1), end
        if self.text[end] in " \t":
            return begin, _past(_INDENT, self.text, end)
        return (begin if alone else indent), end

    # -- writing -------------------------------------------------------------------------------------------------------

    def _render(self, value: Any, indent: str) -> str:
        text = json.dumps(value, indent=self._unit, ensure_ascii=False)
        return text.replace("\n", self._newline + indent)

    @property
    def _newline(self) -> str:
        found = self.text.find("\n")
        return "\r\n" if found > 0 and self.text[found - 1] == "\r" else "\n"

    @property
    def _unit(self) -> str:
        """One step of indentation, as the file has it."""
        children = self._root.children or []
        if children and "\n" in self.text[self._root.start : children[0].begin]:
            return self._indent_at(children[0].begin) or "  "
        return "  "

    def _indent_at(self, place: int) -> str:
        line = self.text.rfind("\n", 0, place) + 1
        found = _INDENT.match(self.text, line)
        return found[0] if found is not None and found.end() <= place else ""

    # -- reading -------------------------------------------------------------------------------------------------------

    def _parse(self) -> None:
        start = self._skip(0)
        self._root = self._node(start, start, None, 0)
        rest = self._skip(self._root.end)
        if rest < len(self.text):
            raise self._wrong(rest)

    def _skip(self, at: int) -> int:
        """The place of what comes next that is neither space nor comment."""
        while True:
            at = _past(_SPACE, self.text, at)
            if not self.text.startswith(("//", "/*"), at):
                return at
            comment = _COMMENT.match(self.text, at)
            if comment is None or not self._comments:
                raise self._wrong(at)
            at = comment.end()

    def _node(self, begin: int, start: int, key: str | None, depth: int) -> Node:
        if depth > DEEPEST:
            raise ValueError(f"it is deeper than {DEEPEST} levels")
        opening = self.text[start : start + 1]
        if opening in {"{", "["}:
            return self._container(begin, start, key, depth)
        found = (_STRING if opening == '"' else _SCALAR).match(self.text, start)
        if found is None:
            raise self._wrong(start)
        try:
            return Node(begin, start, found.end(), key, json.loads(found[0]))
        except ValueError:
            raise self._wrong(start) from None

    def _container(self, begin: int, start: int, key: str | None, depth: int) -> Node:
        closing = "}" if self.text[start] == "{" else "]"
        children: list[Node] = []
        at = self._skip(start + 1)
        while not self.text.startswith(closing, at):
            if closing == "}":
                name = _STRING.match(self.text, at)
                colon = -1 if name is None else self._skip(name.end())
                if name is None or not self.text.startswith(":", colon):
                    raise self._wrong(at)
                child = self._node(at, self._skip(colon + 1), json.loads(name[0]), depth + 1)
            else:
                child = self._node(at, at, None, depth + 1)
            children.append(child)
            at = self._skip(child.end)
            if self.text.startswith(",", at):
                comma, at = at, self._skip(at + 1)
                if self.text.startswith(closing, at) and not self._comments:
                    raise self._wrong(comma)
            elif not self.text.startswith(closing, at):
                raise self._wrong(at)
        value = (
            {child.key: child.value for child in children} if closing == "}" else [child.value for child in children]
        )
        return Node(begin, start, at + 1, key, value, children)

    def _wrong(self, at: int) -> ValueError:
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        return ValueError(f"line {line}, column {column}")


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    """The place behind what matches there; the same place if nothing does."""
    found = pattern.match(text, at)
    return at if found is None else found.end()
