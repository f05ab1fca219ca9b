"""Charts as SVG for pages: drawn by pygal, coloured by ``web/charts.css``, which the page loads.

The pages' security policy allows neither styles nor scripts inside the SVG, so pygal's are taken out. What it would
show with a script when the pointer is over a bar is put into the bar's title.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

WIDTH = 760
MARGIN = 8
Series = tuple[str, Sequence[int]]


def bars(label: str, steps: Sequence[str], series: Sequence[Series], *, stacked: bool = False) -> Markup:
    """Upright bars over time, a group or a stack for each step."""
    kind = _pygal().StackedBar if stacked else _pygal().Bar
    highest = max((sum(column) if stacked else max(column) for column in _columns(series)), default=0)
    chart = kind(**_options(height=260, legend=len(series) > 1))
    chart.x_labels_major_every, chart.show_minor_x_labels = _every(steps), False
    chart.x_labels = list(steps)
    chart.y_labels = scale(highest)
    return _svg(chart, label, series)


def rows(label: str, names: Sequence[str], series: Sequence[Series], value: Callable[[int], str] = str) -> Markup:
    """Lying bars, one for each name, the first one on top."""
    highest = max((max(column) for column in _columns(series)), default=0)
    options = _options(height=60 + 26 * len(names), legend=len(series) > 1)
    chart = _pygal().HorizontalBar(**options, margin_left=MARGIN + _room(names), value_formatter=value)
    chart.x_labels = list(reversed(names))
    chart.y_labels = scale(highest)
    return _svg(chart, label, [(name, list(reversed(values))) for name, values in series])


def scale(highest: int) -> list[int]:
    """Marks of an axis from 0 up to at least ``highest``: whole numbers, about five of them."""
    step = 1
    while highest > 5 * step:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return [step * number for number in range(-(-max(highest, 1) // step) + 1)]


def style() -> str:
    """The style sheet of charts and drawings, for a page that is kept without the server."""
    return (files(__package__) / "static" / "charts.css").read_text(encoding="utf-8")


@cache
def _pygal() -> Any:
    """The library, imported with the first chart so that a start need not wait for it.

    It leaves a finder for plugins with maps behind, which Python 3.12 ignores and 3.11 warns of at every import.
    """
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]
    return pygal


def _room(names: Sequence[str]) -> int:
    """What wide characters need besides: pygal takes every character for as wide as a Latin one."""
    wide = [sum(unicodedata.east_asian_width(character) in "WF" for character in name) for name in names]
    return 7 * max(wide, default=0)


def _columns(series: Sequence[Series]) -> list[tuple[int, ...]]:
    return list(zip(*(values for _, values in series), strict=True))


def _every(steps: Sequence[str]) -> int:
    """So that about eight labels have room."""
    return max(1, -(-len(steps) // 8))


def _options(*, height: int, legend: bool) -> dict[str, Any]:
    return {
        "width": WIDTH,
        "height": height + (30 if legend else 0),
        "css": [],
        "js": [],
        "show_legend": legend,
        "legend_at_bottom": True,
        "margin": MARGIN,
        "spacing": 8,
        "truncate_label": -1,  # those that have no room are left out, and none is cut
        "no_data_text": "",
    }


def _svg(chart: Any, label: str, series: Sequence[Series]) -> Markup:
    for name, values in series:
        chart.add(name, list(values))
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            if _is_for_scripts(child):
                parent.remove(child)
        parent.attrib.pop("style", None)
        parent.attrib.pop("id", None)
    for bar in root.iter("g"):
        _add_title(bar)
    root.attrib |= {"role": "img", "aria-label": label, "class": "chart"}
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - a tree of elements, its text escaped


def _is_for_scripts(element: Any) -> bool:
    if not isinstance(element.tag, str):
        return True  # a comment
    return element.tag in {"defs", "title"} or "tooltip-overlay" in element.get("class", "")


def _add_title(bar: Any) -> None:
    """Put what describes a bar into its title, which browsers show and read out without any script."""
    notes = [child for child in bar if child.tag == "desc"]
    words = {child.get("class"): child.text or "" for child in notes}
    for child in notes:
        bar.remove(child)
    if "value" in words:
        title = ElementTree.SubElement(bar, "title")
        title.text = ": ".join(filter(None, (words.get("x_label"), words["value"])))
