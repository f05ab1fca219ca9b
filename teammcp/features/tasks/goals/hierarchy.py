"""Goals and their parts: which goal may stand below which."""

from __future__ import annotations

from ....errors import InvalidInput
from ....storage import Reader
from . import queries

DEPTH = 8
"""How many goals may stand above each other, the first counted in."""


def refuse_bad_parent(reader: Reader, goal_id: int | None, parent_id: int) -> None:
    """Check that a goal, or a new one (None), may stand below another.

    Raises:
        InvalidInput: there is no such goal, or it would stand below itself, or too deep.
    """
    chain: list[int] = []
    above: int | None = parent_id
    while above is not None and above != goal_id:
        row = queries.goal(reader, above)
        if row is None:
            raise InvalidInput.at("parent_id", f"there is no goal {above}; list_goals lists them")
        chain.append(above)
        above = row["parent_id"]
    if above is not None:
        circle = " → ".join(map(str, [goal_id, *chain, goal_id]))
        raise InvalidInput.at("parent_id", f"a goal cannot be part of itself: {circle}")
    if len(chain) + _height(reader, goal_id) > DEPTH:
        raise InvalidInput.at("parent_id", f"goals may be nested {DEPTH} deep; choose a goal further up")


def _height(reader: Reader, goal_id: int | None) -> int:
    """How many goals stand above each other from a goal downwards; None is a new one."""
    height, level = 1, {goal_id}
    rows = [] if goal_id is None else queries.goals(reader)
    while level := {row["id"] for row in rows if row["parent_id"] in level}:
        height += 1
    return height
