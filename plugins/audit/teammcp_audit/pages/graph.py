"""Who talks to whom, as a drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from teammcp.web import gettext as _
from teammcp.web import graphs

PEOPLE = 24
"""Members in the drawing, at most: those who say and hear most. The table has all pairs."""


@dataclass(frozen=True)
class Graph:
    """The drawing; ``left_out`` members have no room in it."""

    drawing: graphs.Drawing
    left_out: int


def draw(pairs: Sequence[dict[str, Any]]) -> Graph:
    """The drawing of rows with ``sender``, ``agent`` and ``total``."""
    said, heard = Counter[str](), Counter[str]()
    for pair in pairs:
        said[pair["sender"]] += pair["total"]
        heard[pair["agent"]] += pair["total"]
    busiest = [name for name, _total in (said + heard).most_common()]
    nodes = [
        graphs.Node(
            name,
            _("%(name)s: said %(said)s, heard %(heard)s", name=name, said=said[name], heard=heard[name]),
            weight=said[name] + heard[name],
        )
        for name in sorted(busiest[:PEOPLE], key=str.casefold)
    ]
    arrows = [
        graphs.Arrow(
            pair["sender"], pair["agent"], pair["total"], f"{pair['sender']} → {pair['agent']}: {pair['total']}"
        )
        for pair in pairs
    ]
    return Graph(graphs.draw(nodes, arrows), len(busiest) - len(nodes))
