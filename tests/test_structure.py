"""Where things stand: imports run one way, and each part of a feature is in the module that its name says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import grimp
import pytest

from scripts.import_contracts import PackageApiContract
from teammcp.features import BUILT_IN

ROOT = Path(__file__).parent.parent
PLUGINS = sorted(path.name for path in ROOT.glob("plugins/*/teammcp_*"))
FEATURES = [f"teammcp.features.{feature}" for feature in BUILT_IN]


def circle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """The modules of a circle, each of which imports the next; none if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_a_circle_is_told_module_by_module() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": []}) == []
    assert circle({"a": ["b"], "b": ["c"], "c": ["d"], "d": ["b"]}) == ["b", "c", "d", "b"]


@pytest.mark.parametrize("package", ["teammcp", *PLUGINS])
def test_no_import_comes_back_to_where_it_began_for_type_checkers_either(package: str) -> None:
    graph = grimp.build_graph(package, exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert sum(map(len, imports.values())) > len(imports) > 10  # there was something to look at
    assert circle(imports) == [], "these modules import each other in a circle"


def test_a_feature_that_reaches_into_another_breaks_the_contract() -> None:
    contract = PackageApiContract("between features", session_options={}, contract_options={"ancestor": "top"})
    graph = grimp.ImportGraph()
    for importer, imported in (("top.one.plugin", "top.one.models"), ("top.two", "top.one"), ("app", "top.one")):
        graph.add_import(importer=importer, imported=imported)
    for module in ("top", "top.one", "top.two"):
        graph.add_module(module)
    assert contract.check(graph, verbose=False).kept
    for importer in ("top.two.operations", "app"):
        graph.add_import(importer=importer, imported="top.one.models", line_number=7, line_contents="")
        found = contract.check(graph, verbose=False)
        assert not found.kept
        assert (importer, "top.one.models", 7) in found.metadata["links"]


@pytest.mark.parametrize("package", [*PLUGINS, *FEATURES])
def test_an_operation_is_in_a_module_or_package_called_operations(package: str) -> None:
    register = getattr(import_module(f"{package}.plugin"), "register_operations", list)
    where = {each.operation.name: each.operation.function.__module__ for each in register()}
    inside = {name: module.removeprefix(package).split(".") for name, module in where.items()}
    assert {name: where[name] for name, parts in inside.items() if "operations" not in parts} == {}


def test_what_a_feature_offers_brings_no_page_with_it() -> None:
    names = ", ".join(f"teammcp.features.{feature}" for feature in BUILT_IN)
    program = f"import sys, {names}; print([name for name in sys.modules if '.pages' in name or name == 'quart'])"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"


def all_templates() -> list[Path]:
    return [*ROOT.glob("teammcp/**/templates/**/*.html"), *ROOT.glob("plugins/*/teammcp_*/**/*.html")]


def test_no_template_holds_the_marks_of_a_merge() -> None:
    templates = all_templates()
    assert len(templates) > 50
    left = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
    assert [path.name for path in templates if left.search(path.read_text("utf-8"))] == []


def test_every_textarea_keeps_a_line_end_that_comes_first() -> None:
    """The HTML standard drops the first line end in one, so what it holds is put in with one more before it."""
    areas = [
        area
        for path in all_templates()
        for area in re.findall(r"<textarea.*?</textarea>", path.read_text("utf-8"), re.DOTALL)
    ]
    assert len(areas) > 30
    keeping = re.compile(r">(\{\{ [^\n]+\|in_textarea \}\})?</textarea>$")
    assert [area for area in areas if not keeping.search(area)] == []
