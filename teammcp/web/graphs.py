"""Who has to do with whom, as a drawing: names on a circle, and arrows that are the thicker the more there is.

`draw` says where all is; ``web/graph.html`` shows it, and ``web/charts.css`` gives it its colours.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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
        title, path, tone: as of a node; one that is ``quiet`` is thin and broken.
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
    """Where an arrow is: a curve, bent so that the two directions lie apart, and the place of its word."""

    arrow: Arrow
    path: str
    width: float
    x: float
    y: float


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
    return Drawing(list(placed.values()), found, width, height, has_room=not spokes)


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
    across, down = target.x - source.x, target.y - source.y
    length = math.hypot(across, down)
    bend_x = (source.x + target.x) / 2 - BEND * down
    bend_y = (source.y + target.y) / 2 + BEND * across
    # It ends at the edge of the circle, so that the arrowhead is seen.
    stop = (target.radius + 3 + width) / length
    path = (
        f"M{source.x:.1f} {source.y:.1f} Q{bend_x:.1f} {bend_y:.1f}"
        f" {target.x - across * stop:.1f} {target.y - down * stop:.1f}"
    )
    # The middle of the curve lies half way to where it is drawn to.
    return PlacedArrow(
        arrow,
        path,
        width,
        round((source.x + target.x) / 4 + bend_x / 2, 1),
        round((source.y + target.y) / 4 + bend_y / 2, 1),
    )


def _loop(arrow: Arrow, node: PlacedNode, width: float) -> PlacedArrow:
    """Below the node and back to it."""
    side, deep = node.radius * 0.7, node.radius + 46
    begin, end = node.x - side, node.x + side
    low, far = node.y + node.radius + 2 + width, node.y + deep
    path = f"M{begin:.1f} {node.y:.1f} C{begin - 24:.1f} {far:.1f} {end + 24:.1f} {far:.1f} {end:.1f} {low:.1f}"
    return PlacedArrow(arrow, path, width, node.x, round(node.y + deep * 0.8, 1))
