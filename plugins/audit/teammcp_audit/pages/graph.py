"""Who talks to whom, as a drawing: the members on a circle, a curve for each pair, thicker the more they said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PEOPLE = 24
"""Members in the drawing, at most: those who say and hear most. The table has all pairs."""
SIZE = 560
RADIUS = 190
THICKEST = 9


@dataclass(frozen=True)
class Node:
    """A member. Coordinates are those of the drawing, ``anchor`` is where its name is held."""

    name: str
    said: int
    heard: int
    x: float
    y: float
    radius: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True)
class Edge:
    """What one member said to another: a curve, bent so that the two directions lie apart."""

    sender: str
    agent: str
    total: int
    path: str
    width: float


@dataclass(frozen=True)
class Graph:
    """The drawing; ``left_out`` members have no room in it."""

    nodes: list[Node]
    edges: list[Edge]
    left_out: int
    size: int = SIZE


def draw(pairs: Sequence[dict[str, Any]]) -> Graph:
    """The drawing of rows with ``sender``, ``agent`` and ``total``."""
    said, heard = Counter[str](), Counter[str]()
    for pair in pairs:
        said[pair["sender"]] += pair["total"]
        heard[pair["agent"]] += pair["total"]
    busiest = [name for name, _ in (said + heard).most_common()]
    shown = sorted(busiest[:PEOPLE], key=str.casefold)
    most = max((said[name] + heard[name] for name in shown), default=1)
    nodes = {name: _node(name, said[name], heard[name], place / len(shown), most) for place, name in enumerate(shown)}
    visible = [pair for pair in pairs if pair["sender"] in nodes and pair["agent"] in nodes]
    strongest = max((pair["total"] for pair in visible), default=1)
    edges = [_edge(nodes[pair["sender"]], nodes[pair["agent"]], pair["total"], strongest) for pair in visible]
    return Graph(list(nodes.values()), edges, len(busiest) - len(shown))


def _node(name: str, said: int, heard: int, turn: float, most: int) -> Node:
    angle = 2 * math.pi * turn - math.pi / 2
    x, y = math.cos(angle), math.sin(angle)
    radius = 6 + 14 * math.sqrt((said + heard) / most)
    away = RADIUS + radius + 8
    return Node(
        name=name,
        said=said,
        heard=heard,
        x=round(SIZE / 2 + RADIUS * x, 1),
        y=round(SIZE / 2 + RADIUS * y, 1),
        radius=round(radius, 1),
        label_x=round(SIZE / 2 + away * x, 1),
        label_y=round(SIZE / 2 + away * y + 4, 1),
        anchor="middle" if abs(x) < 0.3 else "start" if x > 0 else "end",
    )


def _edge(sender: Node, agent: Node, total: int, strongest: int) -> Edge:
    across, down = agent.x - sender.x, agent.y - sender.y
    length = math.hypot(across, down)
    width = 1 + (THICKEST - 1) * total / strongest
    bend = 0.14
    middle = ((sender.x + agent.x) / 2 - bend * down, (sender.y + agent.y) / 2 + bend * across)
    # It ends at the edge of the circle, so that the arrowhead is seen.
    stop = (agent.radius + 3 + width) / length
    end = (agent.x - across * stop, agent.y - down * stop)
    path = f"M{sender.x:.1f} {sender.y:.1f} Q{middle[0]:.1f} {middle[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return Edge(sender.name, agent.name, total, path, round(width, 1))
