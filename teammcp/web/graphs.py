"""Who has to do with whom, as a drawing: names on a circle, and arrows that are the thicker the more there is.

`draw` says where all is; ``web/graph.html`` shows it, and ``web/charts.css`` gives it its colours.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .graph_words import Box, Line, places

RADIUS = 190
THICKEST = 9
HEIGHT = 44
"""What a name beside the circle needs above and below it."""
COLUMN = 7.4
"""How wide a Latin letter of a name is, about; those of Chinese take two."""
LONGEST = 22
"""Columns of a name that are shown; its title has it whole."""
SPOKES = 12
"""Names that have room beside each other; those of more are written outwards."""
BEND = 0.14
HEAD = 1.4
"""How wide an arrowhead is on each side of its line, in comparison to what the line is thick."""
STEPS = 48
"""Points along an arrow that words keep clear of."""
GAP = 3
"""Between an arrowhead and the circle at which it points."""


@dataclass(frozen=True)
class Node:
    """Something that has a name.

    Attributes:
        name: which no other has.
        title: what is said of it to whoever points at it.
        weight: how large it is, in comparison to the others.
        path: where it leads, if anywhere.
        tone: ``""``, ``warn``, ``bad`` or ``quiet``.
    """

    name: str
    title: str
    weight: float = 0
    path: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Arrow:
    """From one node to another, or to itself.

    Attributes:
        source, target: names of nodes.
        weight: how thick it is, in comparison to the others.
        title, path, tone: as of a node; one that is ``quiet`` is thin, broken and straight, so that another between
            the same two lies beside it.
        word: what stands beside it, where there is room for it.
    """

    source: str
    target: str
    weight: float
    title: str
    path: str = ""
    tone: str = ""
    word: str = ""


@dataclass(frozen=True)
class PlacedNode:
    """Where a node is. Its label is held at ``anchor`` and turned by so many degrees."""

    node: Node
    label: str
    x: float
    y: float
    radius: float
    label_x: float
    label_y: float
    anchor: str
    turned: float


@dataclass(frozen=True)
class PlacedArrow:
    """Where an arrow is: a curve, bent so that the two directions lie apart, its head, and the middle of its word.

    ``line`` has points along it.
    """

    arrow: Arrow
    path: str
    head: str
    width: float
    line: Line
    x: float = 0
    y: float = 0


@dataclass(frozen=True)
class Drawing:
    """A drawing of this size; ``has_room`` for words beside the arrows."""

    nodes: list[PlacedNode]
    arrows: list[PlacedArrow]
    width: int
    height: int
    has_room: bool


def draw(nodes: Sequence[Node], arrows: Sequence[Arrow]) -> Drawing:
    """Place nodes, in their order, and arrows between them; an arrow of a node that is not there is left out."""
    labels = {node.name: _shortened(node.name) for node in nodes}
    room = round(12 + COLUMN * max(map(_columns, labels.values()), default=0))
    spokes = len(nodes) > SPOKES
    width, height = 2 * (RADIUS + 24 + room), 2 * (RADIUS + 24 + (room if spokes else HEIGHT))
    heaviest = max((node.weight for node in nodes), default=0) or 1
    placed: dict[str, PlacedNode] = {}
    for place, node in enumerate(nodes):
        angle = 2 * math.pi * place / len(nodes) - (math.pi if len(nodes) == 2 else math.pi / 2)
        away = RADIUS if len(nodes) > 1 else 0
        radius = 6 + 14 * math.sqrt(node.weight / heaviest)
        placed[node.name] = _node(node, labels[node.name], angle, away, radius, (width / 2, height / 2), spokes)
    shown = [arrow for arrow in arrows if arrow.source in placed and arrow.target in placed]
    thickest = max([THICKEST, *(arrow.weight for arrow in shown)])  # a few are thin, however few all are
    found = [_arrow(arrow, placed[arrow.source], placed[arrow.target], thickest) for arrow in shown]
    if not spokes:
        found = _with_words(found, list(placed.values()))
    return Drawing(list(placed.values()), found, width, height, has_room=not spokes)


def _with_words(arrows: Sequence[PlacedArrow], nodes: Sequence[PlacedNode]) -> list[PlacedArrow]:
    wide = [COLUMN * _columns(each.arrow.word) for each in arrows]
    names = [box for node in nodes for box in (_around(node), _written(node))]
    found = places(wide, [each.line for each in arrows], [each.width for each in arrows], names)
    return [replace(each, x=round(x, 1), y=round(y, 1)) for each, (x, y) in zip(arrows, found, strict=True)]


def _around(node: PlacedNode) -> Box:
    return node.x - node.radius, node.y - node.radius, node.x + node.radius, node.y + node.radius


def _written(node: PlacedNode) -> Box:
    """Where the name of a node stands."""
    wide = COLUMN * _columns(node.label)
    left = node.label_x - {"start": 0, "middle": wide / 2, "end": wide}[node.anchor]
    return left, node.label_y - 12, left + wide, node.label_y + 4


def _shortened(name: str) -> str:
    columns, kept = 0, ""
    for letter in name:
        columns += _columns(letter)
        if columns > LONGEST:
            return f"{kept}…"
        kept += letter
    return name


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _node(
    node: Node, label: str, angle: float, away: float, radius: float, middle: tuple[float, float], spokes: bool
) -> PlacedNode:
    across, down = math.cos(angle), math.sin(angle)
    x, y = middle[0] + away * across, middle[1] + away * down
    beside = radius + 8
    turned, anchor = 0.0, "middle" if abs(across) < 0.3 else "start" if across > 0 else "end"
    label_x, label_y = x + beside * across, y + beside * down + (4 if abs(across) >= 0.3 else 12 if down > 0 else 0)
    if spokes:
        anchor = "start" if across >= 0 else "end"
        turned = math.degrees(angle) + (0 if across >= 0 else 180)
        label_x, label_y = x + beside * across - 4 * down * _sign(across), y + beside * down + 4 * abs(across)
    return PlacedNode(
        node=node,
        label=label,
        x=round(x, 1),
        y=round(y, 1),
        radius=round(radius, 1),
        label_x=round(label_x, 1),
        label_y=round(label_y, 1),
        anchor=anchor,
        turned=round(turned, 1),
    )


def _sign(number: float) -> int:
    return 1 if number >= 0 else -1


def _arrow(arrow: Arrow, source: PlacedNode, target: PlacedNode, thickest: float) -> PlacedArrow:
    width = round(1 if arrow.tone == "quiet" else 1 + (THICKEST - 1) * arrow.weight / thickest, 1)
    if source is target:
        return _loop(arrow, source, width)
    bend = 0.0 if arrow.tone == "quiet" else BEND
    bend_x = (source.x + target.x) / 2 - bend * (target.y - source.y)
    bend_y = (source.y + target.y) / 2 + bend * (target.x - source.x)
    stem_x, stem_y, head = _head((bend_x, bend_y), (target.x, target.y), target.radius + GAP, width)
    return PlacedArrow(
        arrow,
        f"M{source.x:.1f} {source.y:.1f} Q{bend_x:.1f} {bend_y:.1f} {stem_x:.1f} {stem_y:.1f}",
        head,
        width,
        _along((source.x, source.y), (bend_x, bend_y), (target.x, target.y)),
    )


def _along(*points: tuple[float, float]) -> Line:
    """Points along a Bézier curve: its first and last are those of the curve, the others bend it."""
    found = []
    for step in range(STEPS + 1):
        part, line = step / STEPS, list(points)
        while len(line) > 1:
            line = [(x + part * (next_x - x), y + part * (next_y - y)) for (x, y), (next_x, next_y) in pairwise(line)]
        found.append(line[0])
    return found


def _loop(arrow: Arrow, node: PlacedNode, width: float) -> PlacedArrow:
    """Below the node and back to it."""
    side, deep = node.radius * 0.7, node.radius + 46
    begin, end = node.x - side, node.x + side
    far = node.y + deep
    stem_x, stem_y, head = _head((end + 24, far), (node.x, node.y), node.radius + GAP, width)
    path = f"M{begin:.1f} {node.y:.1f} C{begin - 24:.1f} {far:.1f} {end + 24:.1f} {far:.1f} {stem_x:.1f} {stem_y:.1f}"
    line = _along((begin, node.y), (begin - 24, far), (end + 24, far), (stem_x, stem_y))
    return PlacedArrow(arrow, path, head, width, line)


def _head(
    origin: tuple[float, float], middle: tuple[float, float], before: float, width: float
) -> tuple[float, float, str]:
    """The head of a line that comes from ``origin`` and points at ``middle``, and ends so far before it.

    Returns:
        Where the line ends, which is where its head begins; and the head, a triangle that is wider than the line.
    """
    length = math.hypot(middle[0] - origin[0], middle[1] - origin[1])
    along_x, along_y = (middle[0] - origin[0]) / length, (middle[1] - origin[1]) / length
    beside = 3 + HEAD * width / 2
    # Between two that are near each other there is little room for it.
    deep = min(2 * beside, max(length - before, 4))
    tip_x, tip_y = middle[0] - along_x * before, middle[1] - along_y * before
    stem_x, stem_y = tip_x - along_x * deep, tip_y - along_y * deep
    corners = [
        (tip_x, tip_y),
        (stem_x - along_y * beside, stem_y + along_x * beside),
        (stem_x + along_y * beside, stem_y - along_x * beside),
    ]
    return stem_x, stem_y, "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "z"
