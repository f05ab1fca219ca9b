"""The plugins of this repository use what any author of plugins may use, and nothing else; and that is described."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.reference.api import MODULES, doc_of

ROOT = Path(__file__).parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
WRITTEN_FOR_AUTHORS = [
    *ROOT.glob("themes/*/*/*.py"),
    *ROOT.glob("docs/plugins/examples/*.py"),
    *ROOT.glob("tests/sample_plugin/**/*.py"),
]


def imports(text: str) -> Iterator[tuple[str, str]]:
    """What a file imports from TeamMCP: module and name."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from ((node.module, alias.name) for alias in node.names if node.module.split(".")[0] == "teammcp")
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "teammcp")


def is_public(module: str, name: str) -> bool:
    """Whether anybody may import ``name`` from ``module``."""
    return module in MODULES and name in importlib.import_module(module).__all__


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_uses_the_public_api_alone(plugin: Path) -> None:
    package = next(plugin.glob("teammcp_*"))
    found = [
        (str(file.relative_to(ROOT)), *what)
        for file in package.rglob("*.py")
        for what in imports(file.read_text(encoding="utf-8"))
    ]
    assert [what for what in found if not is_public(*what[1:])] == []


@pytest.mark.parametrize("file", WRITTEN_FOR_AUTHORS, ids=lambda file: file.name)
def test_what_authors_read_imports_the_public_api_alone(file: Path) -> None:
    assert [what for what in imports(file.read_text(encoding="utf-8")) if not is_public(*what)] == []


@pytest.mark.parametrize("file", sorted((ROOT / "docs" / "plugins").glob("*.md")), ids=lambda file: file.name)
def test_what_the_guides_name_is_public(file: Path) -> None:
    named = set(re.findall(r"\bteammcp\.([a-z_]+(?:\.[A-Za-z_]+)*|[A-Za-z_]+)\b", file.read_text(encoding="utf-8")))
    inside = (
        {module.removeprefix("teammcp.") for module in MODULES} | {"toml", "hooks", "scaffold"} | {"commands"}
    )  # a group of entry points
    public = set(importlib.import_module("teammcp").__all__)
    assert {name for name in named if name.split(".")[0] not in inside | public} == set()


def test_a_new_plugin_imports_the_public_api_alone() -> None:
    for file in (ROOT / "teammcp" / "scaffold" / "files").rglob("*.py.tmpl"):
        text = re.sub(r"\$\{?\w+\}?", "name", file.read_text(encoding="utf-8"))
        assert [what for what in imports(text) if not is_public(*what)] == [], file.name


def test_no_module_stands_where_a_public_name_is_looked_for() -> None:
    names = set(importlib.import_module("teammcp").__all__)
    modules = {info.name for info in pkgutil.iter_modules([str(ROOT / "teammcp")])}
    assert names & modules == set()  # the one that is imported first would hide the other


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there_and_says_what_it_is(module: str) -> None:
    loaded = importlib.import_module(module)
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []
    assert [name for name in loaded.__all__ if not doc_of(module, name)] == []


def test_every_public_name_stands_on_the_page_of_the_api() -> None:
    page = (ROOT / "docs" / "plugins" / "api.md").read_text(encoding="utf-8")
    for module in MODULES:
        for name in importlib.import_module(module).__all__:
            assert name == "__version__" or f"\n### {name}\n" in page, f"{module}.{name}"


def test_every_public_method_says_what_it_does() -> None:
    for module in MODULES:
        loaded = importlib.import_module(module)
        for name in loaded.__all__:
            public = getattr(loaded, name)
            if not inspect.isclass(public) or not public.__module__.startswith("teammcp"):
                continue
            for method, function in vars(public).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    assert inspect.getdoc(getattr(public, method)), f"{name}.{method}"
