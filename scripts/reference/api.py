"""The page of the public API: every name that a plugin may import, with its signature and what it says of itself."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from scripts.reference.schemas import attribute_docs

MODULES = ("teammcp", "teammcp.web", "teammcp.testing")
"""All that is public."""
ATTRIBUTES = (property, cached_property)
HEAD = """\
# What a plugin may import

These names, from these three modules. They keep what is said here, by the rules of [versions](versions.md). What is not
listed may change at any time: other modules, other attributes of the classes, and what begins with `_`.

The [hooks](hooks.md) have a page of their own, as have the [kinds of events](../reference/events.md) and the
[operations](../reference/operations.md), which a plugin calls by name: `await context.call("get_agents")`.
"""


def api_page() -> str:
    """The page."""
    parts = [HEAD]
    for module in MODULES:
        loaded = importlib.import_module(module)
        parts.append(f"## {module}\n\n{_prose(_summary(inspect.getdoc(loaded)))}\n")
        for title, names in _groups(loaded):
            if title:
                parts.append(f"**{title}**\n")
            parts += [_entry(module, name) for name in names]
    return "\n".join(parts)


def _groups(module: ModuleType) -> list[tuple[str, list[str]]]:
    """The names of a module under the comments in its ``__all__``."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    listed = text[text.index("__all__ = [") :].partition("]\n")[0].replace("[  # noqa: RUF022 - in groups", "[")
    groups: list[tuple[str, list[str]]] = [("", [])]
    for comment, name in re.findall(r"# (.+)|\"(\w+)\"", listed):
        if comment:
            groups.append((comment, []))
        elif name != "__version__":
            groups[-1][1].append(name)
    return [(title, names) for title, names in groups if names]


def doc_of(module: str, name: str) -> str:
    """What a public name says of itself: its own docstring, or the one that stands under its assignment."""
    if name == "__version__":
        return "The version of TeamMCP."
    public = getattr(importlib.import_module(module), name)
    if inspect.isclass(public) or inspect.isroutine(public) or inspect.ismodule(public):
        return inspect.getdoc(public) or ""
    home, own = _home(module, name)
    return _constants(home).get(own, "") or (inspect.getdoc(public) or "" if callable(public) else "")


def _home(module: str, name: str) -> tuple[str, str]:
    """The module in which a name is assigned, and how it is called there: exports are followed to it."""
    loaded = importlib.import_module(module)
    lazily = getattr(loaded, "_FOUND_IN", {})
    if name in lazily:
        within, own = lazily[name]
        return _home(f"{module}.{within}", own)
    package = module if hasattr(loaded, "__path__") else module.rpartition(".")[0]
    for node in ast.parse(inspect.getsource(loaded)).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _home(
                        importlib.util.resolve_name("." * node.level + (node.module or ""), package), alias.name
                    )
    return module, name


@cache
def _constants(module: str) -> dict[str, str]:
    """The docstrings under the assignments of a module."""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    found = {}
    for assignment, text in pairwise(body):
        match assignment, text:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                found[name] = inspect.cleandoc(said)
    return found


def _entry(module: str, name: str) -> str:
    public = getattr(importlib.import_module(module), name)
    said = _prose(doc_of(module, name))
    if inspect.isclass(public):
        return f"### {name}\n\n`class {name}{_bases(public)}`\n\n{said}\n" + "".join(_members(public))
    if inspect.isroutine(public):
        return f"### {name}\n\n`{_signature(name, public)}`\n\n{said}\n"
    return f"### {name}\n\n{said}\n"


def _bases(cls: type) -> str:
    bases = [
        base.__name__
        for base in cls.__bases__
        if base is not object and base.__name__ not in ("Generic", "Protocol") and not _is_unlisted(base)
    ]
    return f"({', '.join(bases)})" if bases else ""


def _members(cls: type) -> Iterator[str]:
    """The attributes and methods of a class that say what they are."""
    said = attribute_docs(cls)
    annotations = {
        name: kind for base in reversed(cls.__mro__) for name, kind in vars(base).get("__annotations__", {}).items()
    }
    shown = [name for name in annotations if not name.startswith("_") and name not in ("model_config",)]
    if shown:
        yield "\n"
    for name in shown:
        text = f": {_one_line(said[name])}" if name in said else ""
        yield f"- `{name}: {_type(annotations[name])}`{text}\n"
    described = [base for base in reversed(cls.__mro__) if base is cls or _is_unlisted(base)]
    methods = [
        (name, value)
        for base in described
        for name, value in vars(base).items()
        if not name.startswith("_") and _is_method(value)
    ]
    if methods:
        yield "\n"
    for name, value in methods:
        shape = name if isinstance(value, ATTRIBUTES) else _signature(name, getattr(value, "__func__", value))
        yield f"- `{shape}`: {_one_line(inspect.getdoc(value))}\n"


def _is_unlisted(base: type) -> bool:
    """Whether a base is ours and has no entry of its own: its members stand with each class that is made of it."""
    ours = base.__module__.partition(".")[0] == "teammcp"
    return ours and not any(base.__name__ in importlib.import_module(module).__all__ for module in MODULES)


def _is_method(value: Any) -> bool:
    return isinstance(value, property | cached_property | classmethod | staticmethod) or inspect.isfunction(value)


def _signature(name: str, function: Callable[..., Any]) -> str:
    prefix = "async " if inspect.iscoroutinefunction(function) else ""
    try:
        signature = str(inspect.signature(function))
    except (TypeError, ValueError):
        return f"{prefix}{name}(…)"
    shown = re.sub(r"\(self(, )?(?:/, )?|\(cls(, )?", "(", signature.replace("'", ""), count=1)
    return f"{prefix}{name}{re.sub(r'<[^<>]*(?:<[^<>]*>)?[^<>]*>', '…', shown)}"


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _summary(text: str | None) -> str:
    return (text or "").partition("\n\n")[0]


def _one_line(text: str | None) -> str:
    return _prose(" ".join(_summary(text).split()))


def _prose(text: str) -> str:
    """A docstring as Markdown: double backquotes are single ones there, and sections are set in bold."""
    text = text.replace("``", "`")
    text = re.sub(r"^(Args|Attributes|Raises|Returns):$", r"**\1:**\n", text, flags=re.MULTILINE)
    return re.sub(r"^ {4}(\w[\w, *.]*): ", r"- `\1`: ", text, flags=re.MULTILINE)
