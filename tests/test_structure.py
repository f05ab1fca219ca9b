"""Where things stand: imports run one way, and each part of a feature is in the module that its name says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from teammcp.features import BUILT_IN, built_in

ROOT = Path(__file__).parent.parent
PLUGINS = sorted(path.name for path in ROOT.glob("plugins/*/teammcp_*"))
TO_COME = {"directives", "schedules", "state", "tasks"}
"""Features that are still to be ordered so."""


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


@pytest.mark.parametrize("feature", [feature for feature in BUILT_IN if feature not in TO_COME])
def test_an_operation_is_in_a_module_or_package_called_operations(feature: str) -> None:
    register = getattr(built_in()[feature], "register_operations", list)
    where = {function.operation.name: function.operation.function.__module__ for function in register()}
    assert {name: module for name, module in where.items() if "operations" not in module.split(".")[3:]} == {}


def test_what_a_feature_offers_brings_no_page_with_it() -> None:
    names = ", ".join(f"teammcp.features.{feature}" for feature in BUILT_IN)
    program = f"import sys, {names}; print([name for name in sys.modules if '.pages' in name or name == 'quart'])"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
