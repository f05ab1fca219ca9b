"""The plugins of this repository use what any author of plugins may use, and nothing else of TeamMCP."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PUBLIC = {
    "teammcp",
    "teammcp.operations.effects",
    "teammcp.arguments.fields",
    "teammcp.arguments.references",
    "teammcp.testing",
    "teammcp.web",
}
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))


def imports(file: Path) -> Iterator[tuple[str, str]]:
    """What a file imports from TeamMCP: module and name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from ((node.module, alias.name) for alias in node.names if node.module.split(".")[0] == "teammcp")
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "teammcp")


def is_public(module: str, name: str) -> bool:
    """Whether a plugin may import ``name`` from ``module``: the documented modules, and what features offer."""
    if module.startswith("teammcp.features.") and module.count(".") == 2:
        return name in importlib.import_module(module).__all__
    if module == "teammcp":
        return name in importlib.import_module(module).__all__
    return module in PUBLIC


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_uses_the_public_api_alone(plugin: Path) -> None:
    package = next(plugin.glob("teammcp_*"))
    found = [(str(file.relative_to(ROOT)), *what) for file in package.rglob("*.py") for what in imports(file)]
    assert [what for what in found if not is_public(*what[1:])] == []


def test_no_module_stands_where_a_public_name_is_looked_for() -> None:
    names = set(importlib.import_module("teammcp").__all__)
    modules = {info.name for info in pkgutil.iter_modules([str(ROOT / "teammcp")])}
    assert names & modules == set()  # the one that is imported first would hide the other
